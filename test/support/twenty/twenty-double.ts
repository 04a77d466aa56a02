import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { readFileSync } from 'node:fs'
import { dataModel } from './data-model.ts'
import type { ModelVersion, ObjectModel } from './data-model.ts'
import { BadRequest } from './bad-request.ts'
import { TwentyWorkspace } from './workspace.ts'

/** What a key may do. */
export type TwentyKey = {
  /** The name it has in Twenty, which records carry in `createdBy`. */
  name: string
  /** False: its role doesn't hold “Data model”. */
  dataModel?: boolean
  /** Objects, singular, that its role hides. */
  hidden?: readonly string[]
}
export type TwentyCall = {
  method: string
  path: string
  query: URLSearchParams
  headers: IncomingMessage['headers']
  body: unknown
}
/** What goes wrong with the next answer. */
export type TwentyFault =
  | { status: number; headers?: Record<string, string>; body?: unknown }
  | { page: string }
  | 'hang'
  | 'cut'
  | 'endless'

export type TwentyOptions = {
  keys?: Record<string, TwentyKey>
  version?: ModelVersion
  /** The metadata API's lists: `direct` since 2026, `named` (`{ data: { objects: […] } }`) before. */
  metadataForm?: 'direct' | 'named'
  /** Calls a minute; absent: no limit. */
  callsPerMinute?: number
  clock?: { now(): Date }
}
export type TwentyDouble = {
  url: string
  /** A key that may do everything. */
  key: string
  workspace: TwentyWorkspace
  views: Record<string, unknown>[]
  /** Columns, filters and orders of views, each with its `viewId`. */
  viewParts: Record<'viewFields' | 'viewFilters' | 'viewSorts', Record<string, unknown>[]>
  /** Bytes below `/files/`, by path. */
  files: Map<string, Buffer>
  /** Every request that came, in order. */
  calls: TwentyCall[]
  fail(...faults: TwentyFault[]): void
  close(): Promise<void>
}

const capital = (name: string) => name.charAt(0).toUpperCase() + name.slice(1)
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * Stands in for a Twenty workspace: its REST and metadata API as documented and as its own integration tests have them,
 * on a port of this computer. Checked against its OpenAPI description in `twenty-double.test.ts`.
 */
export async function startTwenty(options: TwentyOptions = {}): Promise<TwentyDouble> {
  const { metadataForm = 'direct', callsPerMinute, clock = { now: () => new Date() } } = options
  const key = 'twenty-key-of-ada-0123456789'
  const keys = new Map(Object.entries({ [key]: { name: 'Ada’s key' }, ...options.keys }))
  // One moment each, so that “newest first” is an order.
  let made = 0
  const now = () => new Date(clock.now().getTime() + made++)
  const workspace = new TwentyWorkspace(dataModel(options.version), now)
  const views: Record<string, unknown>[] = []
  const viewParts: TwentyDouble['viewParts'] = { viewFields: [], viewFilters: [], viewSorts: [] }
  const files = new Map<string, Buffer>()
  const calls: TwentyCall[] = []
  const faults: TwentyFault[] = []
  const bucket = { tokens: callsPerMinute ?? 0, at: clock.now().getTime() }

  const takesTurn = (): boolean => {
    if (callsPerMinute === undefined) return true
    const at = clock.now().getTime()
    bucket.tokens = Math.min(callsPerMinute, bucket.tokens + ((at - bucket.at) * callsPerMinute) / 60_000)
    bucket.at = at
    if (bucket.tokens < 1) return false
    bucket.tokens -= 1
    return true
  }

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://twenty.test')
    const body = await bodyOf(request)
    calls.push({
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body,
    })
    const fault = faults.shift()
    if (fault !== undefined) return break_(fault, response)
    const file = files.get(url.pathname.replace('/files/', ''))
    if (url.pathname.startsWith('/files/') && file)
      return void response.writeHead(200, { 'Content-Type': 'application/pdf' }).end(file)
    if (!url.pathname.startsWith('/rest/')) return page(response)
    const sent = request.headers.authorization?.replace(/^Bearer /, '')
    if (!sent) return fails(response, 403, 'FORBIDDEN_EXCEPTION', 'Missing authentication token')
    const holder = keys.get(sent)
    if (!holder) return fails(response, 401, 'UNAUTHENTICATED', 'Token invalid.')
    if (!takesTurn())
      return fails(response, 429, 'HttpException', `Limit reached (${callsPerMinute} tokens per 60000 ms)`)
    try {
      const parts = url.pathname.slice('/rest/'.length).split('/')
      if (parts[0] === 'open-api') return openApi(response, parts[1] ?? '')
      if (parts[0] === 'metadata') return metadata(response, parts, url.searchParams, holder)
      return core(request.method ?? '', parts, { query: url.searchParams, body, holder, response })
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error
      return fails(response, 400, 'BadRequestException', error.message)
    }
  }

  const metadata = (
    response: ServerResponse,
    [, kind = '', id]: string[],
    query: URLSearchParams,
    holder: TwentyKey,
  ): void => {
    if (holder.dataModel === false)
      return fails(
        response,
        403,
        'PermissionsException',
        'Entity performing the request does not have permission',
      )
    const lists: Record<string, Record<string, unknown>[]> = {
      objects: workspace.objects.map(published),
      fields: workspace.objects.flatMap((object) => published(object)['fields'] as Record<string, unknown>[]),
      views,
    }
    const parts = Object.entries(viewParts).find(([name]) => name === kind)?.[1]
    // These are bare lists.
    if (parts)
      return json(
        response,
        200,
        parts.filter(({ viewId }) => viewId === query.get('viewId')),
      )
    const list = lists[kind]
    if (!list) return page(response)
    if (id !== undefined) {
      const found = list.find((one) => one['id'] === id)
      if (!found) return fails(response, 404, 'NotFoundException', `${kind} with id ${id} not found`)
      return json(
        response,
        200,
        metadataForm === 'direct' ? found : { data: { [kind.replace(/s$/, '')]: found } },
      )
    }
    const after = query.get('starting_after')
    if (after !== null && !uuid.test(after)) throw new BadRequest(`Invalid cursor: ${after}`)
    const sorted = list.toSorted((a, b) => (String(a['id']) < String(b['id']) ? 1 : -1))
    const left = after === null ? sorted : sorted.filter((one) => String(one['id']) < after)
    const items = left.slice(0, Math.min(Number(query.get('limit') ?? 1000), 1000))
    const pageInfo = {
      hasNextPage: items.length < left.length,
      hasPreviousPage: false,
      startCursor: items[0]?.['id'] ?? null,
      endCursor: items.at(-1)?.['id'] ?? null,
    }
    const data = metadataForm === 'direct' ? items : { [kind]: items }
    return json(response, 200, { data, pageInfo, totalCount: list.length })
  }

  type Asked = { query: URLSearchParams; body: unknown; holder: TwentyKey; response: ServerResponse }
  const core = (
    method: string,
    [plural = '', id]: string[],
    { query, body, holder, response }: Asked,
  ): void => {
    const object = workspace.named(plural)
    if (!object) throw new BadRequest(`object '${plural}' not found. eg: companies`)
    if (holder.hidden?.includes(object.nameSingular))
      return fails(
        response,
        403,
        'PermissionsException',
        'Entity performing the request does not have permission',
      )
    const depth = query.get('depth') ?? '0'
    if (depth !== '0' && depth !== '1')
      throw new BadRequest(`'depth=${depth}' parameter invalid. Allowed values are 0, 1`)
    const shown = (record: { id: string; createdAt: string }) =>
      depth === '1' ? workspace.withRelations(object, record) : record
    const one = `${capital(object.nameSingular)}`
    const sent = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
    if (id === undefined && method === 'GET') {
      const { records, total, hasNextPage, startCursor, endCursor } = workspace.find(object, query)
      return json(response, 200, {
        data: { [object.namePlural]: records.map(shown) },
        pageInfo: { hasNextPage, startCursor, endCursor },
        totalCount: total,
      })
    }
    if (id === undefined && method === 'POST')
      return json(response, 201, {
        data: { [`create${one}`]: shown(workspace.create(object, sent, holder.name)) },
      })
    if (id === undefined || !uuid.test(id)) throw new BadRequest(`Record ID not found`)
    if (method === 'GET') {
      const record = workspace.get(object, id)
      if (!record) return fails(response, 404, 'NotFoundException', 'Record not found')
      return json(response, 200, { data: { [object.nameSingular]: shown(record) } })
    }
    if (method === 'PATCH') {
      const record = workspace.update(object, id, sent)
      if (!record)
        return fails(
          response,
          400,
          'EntityNotFoundError',
          `Could not find any entity of type "${object.nameSingular}"`,
        )
      return json(response, 200, { data: { [`update${one}`]: shown(record) } })
    }
    if (method === 'DELETE') {
      const soft = query.get('soft_delete') === 'true'
      const record = workspace.get(object, id)
      if (!record) return fails(response, 404, 'NotFoundException', 'Record not found')
      if (soft) record['deletedAt'] = now().toISOString()
      else
        workspace.records.set(
          object.nameSingular,
          workspace.all(object).filter((held) => held !== record),
        )
      return json(response, 200, { data: { [`delete${one}`]: { id } } })
    }
    return page(response)
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) =>
      fails(response, 500, 'InternalServerError', error instanceof Error ? error.message : String(error)),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    key,
    workspace,
    views,
    viewParts,
    files,
    calls,
    fail: (...more) => void faults.push(...more),
    async close() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** Object and fields as the metadata API has them. */
function published({ fields, ...object }: ObjectModel): Record<string, unknown> {
  return {
    ...object,
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-01T00:00:00.000Z',
    fields: fields.map((field) => ({
      ...field,
      objectMetadataId: object.id,
      // Ours alone.
      target: undefined,
      inverse: undefined,
    })),
  }
}

function openApi(response: ServerResponse, which: string): void {
  if (which !== 'core' && which !== 'metadata') return page(response)
  json(response, 200, openApiDocument(which))
}

export function openApiDocument(which: 'core' | 'metadata'): Record<string, unknown> {
  const text = readFileSync(new URL(`openapi-${which}.json`, import.meta.url), 'utf8')
  return JSON.parse(text) as Record<string, unknown>
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' }).end(JSON.stringify(body))
}

function fails(response: ServerResponse, status: number, error: string, message: string): void {
  json(response, status, { statusCode: status, error, messages: [message] })
}

/** Whatever path it doesn't know is its web app's. */
function page(response: ServerResponse, text = '<!doctype html><title>Twenty</title>'): void {
  response.writeHead(200, { 'Content-Type': 'text/html' }).end(text)
}

function break_(fault: TwentyFault, response: ServerResponse): void {
  if (fault === 'hang') return
  if (fault === 'cut') {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '1000' })
    response.write('{"data":')
    setImmediate(() => response.destroy())
    return
  }
  if (fault === 'endless') {
    response.writeHead(200, { 'Content-Type': 'application/json' })
    const more = () => {
      while (!response.destroyed && response.write('['.repeat(65_536)));
      if (!response.destroyed) response.once('drain', more)
    }
    return more()
  }
  if ('page' in fault) return page(response, fault.page)
  response.writeHead(fault.status, { 'Content-Type': 'application/json', ...fault.headers })
  response.end(fault.body === undefined ? '' : JSON.stringify(fault.body))
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of request as AsyncIterable<Buffer>) text += chunk.toString()
  return text === '' ? undefined : JSON.parse(text)
}
