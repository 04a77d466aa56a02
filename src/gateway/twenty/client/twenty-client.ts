import { createHash } from 'node:crypto'
import { z } from 'zod'
import { AddressRefused, isObject, version } from '#foundation'
import type { Clock, OutwardClient } from '#foundation'
import { UpstreamTrouble } from '../../engine.ts'
import type { UpstreamAccess } from '../../engine.ts'
import { isMissing, readJson, reasonIn, refusalOf, retryAfterMs } from './answers.ts'
import type { Filter } from './filter.ts'
import { maxWaitMs } from './pace.ts'
import type { Pace } from './pace.ts'

/** As many records as Twenty gives at once. */
export const maxPage = 60

/** How an object is called in paths and in answers. */
export type ObjectNames = { singular: string; plural: string }
export type TwentyRecord = { id: string; [field: string]: unknown }
export type Question = {
  filter?: Filter | undefined
  /** `createdAt[DescNullsLast]`; Twenty adds the id, so that pages are stable. */
  orderBy?: string
  /** Up to {@link maxPage}. */
  limit?: number
  /** The cursor that the page before ended with. */
  after?: string | null
  /** 1: with the records that this one names. Newer versions know no more. */
  depth?: 0 | 1
}
/** `next` is the cursor to go on with; null at the end. `total` is null where Twenty doesn't count. */
export type Page = { records: TwentyRecord[]; total: number | null; next: string | null }

/** One person's way to one workspace, for one call. Throws {@link UpstreamTrouble} and `TwentyRefusal`. */
export interface TwentyClient {
  find(object: ObjectNames, question: Question): Promise<Page>
  /** Null when there is none, or none that this key may see. */
  get(object: ObjectNames, id: string, depth?: 0 | 1): Promise<TwentyRecord | null>
  create(object: ObjectNames, body: Record<string, unknown>): Promise<TwentyRecord>
  update(object: ObjectNames, id: string, body: Record<string, unknown>): Promise<TwentyRecord>
  /** The metadata API's lists: `objects`, `fields`, `views`. */
  metadata(kind: string, question?: { limit?: number; after?: string | null }): Promise<Page>
  /** What the metadata API says of views: bare lists, or `{ data: […] }`, by version. */
  views(part: 'views' | 'viewFields' | 'viewFilters' | 'viewSorts', view?: string): Promise<TwentyRecord[]>
  /** The workspace's own OpenAPI description of its core API. */
  description(): Promise<unknown>
}

export type TwentyClientDependencies = {
  outward: OutwardClient
  access: UpstreamAccess
  pace: Pace
  clock: Clock
  /** Bytes of one answer. */
  answerBytes: number
  /** Ends the call, wherever it is. */
  signal: AbortSignal
}

const record = z.looseObject({ id: z.string() })
const page = z.object({
  data: z.union([z.array(record), z.record(z.string(), z.unknown())]),
  pageInfo: z.object({ hasNextPage: z.boolean().optional(), endCursor: z.string().nullish() }).optional(),
  totalCount: z.number().optional(),
})
const uuid = z.guid()
const objectName = z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,63}$/)

export function createTwentyClient(deps: TwentyClientDependencies): TwentyClient {
  const { outward, access, pace, clock, answerBytes, signal } = deps
  const credential = credentialKey(access)
  const base = restBase(access.baseUrl)

  const once = async (method: 'GET' | 'POST' | 'PATCH', url: string, body: string | undefined) => {
    await pace.turn(credential, signal)
    const answer = await outward.request(url, {
      method,
      headers: {
        ...access.headers,
        accept: 'application/json',
        // Nothing to decompress, so nothing that grows (attacks S4: gzip bomb).
        'accept-encoding': 'identity',
        'user-agent': `Tandem/${version}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body }),
      signal,
    })
    const { statusCode: status, headers } = answer
    if (status >= 300 && status < 400) {
      answer.body.destroy()
      throw new UpstreamTrouble(
        'unreachable',
        `answers with a redirect (${status}): name the address it leads to`,
      )
    }
    const retryAfter = retryAfterMs(headers['retry-after'], clock.now().getTime())
    if (status === 429 || status >= 500) {
      // Whatever a proxy says of it: the status is all that counts.
      answer.body.destroy()
      return { status, body: undefined, retryAfter }
    }
    return { status, body: await readJson(answer, answerBytes), retryAfter }
  }

  const ask = async (method: 'GET' | 'POST' | 'PATCH', path: string, sent?: Record<string, unknown>) => {
    const body = sent === undefined ? undefined : JSON.stringify(sent)
    try {
      // A call that met the limit did nothing: it may be made again, whatever its method.
      for (let waits = 0; ; waits++) {
        const answer = await once(method, base + path, body)
        if (answer.status !== 429) return answer
        const ms = answer.retryAfter ?? 2000 * (waits + 1)
        pace.hold(credential, ms)
        if (waits === 2 || ms > maxWaitMs)
          throw new UpstreamTrouble('busy', `takes no more calls for ${Math.ceil(ms / 1000)} s`)
      }
    } catch (error) {
      throw troubleOf(error)
    }
  }
  const must = async (method: 'GET' | 'POST' | 'PATCH', path: string, sent?: Record<string, unknown>) => {
    const { status, body } = await ask(method, path, sent)
    if (status >= 200 && status < 300) return body
    throw refusalOf(status, reasonIn(body, access.secret))
  }
  const list = async (path: string, key: string): Promise<Page> => {
    const parsed = page.safeParse(await must('GET', path))
    const { data } = parsed.success ? parsed.data : {}
    // The metadata API has two forms: a list, and a list under its name (before 2026).
    const records = z.array(record).safeParse(Array.isArray(data) ? data : data?.[key])
    if (!parsed.success || !records.success) throw notUnderstood(path)
    const { pageInfo, totalCount } = parsed.data
    const next = pageInfo?.hasNextPage === true ? (pageInfo.endCursor ?? null) : null
    return { records: records.data, total: totalCount ?? null, next }
  }
  const one = (answer: unknown, name: string, path: string): TwentyRecord => {
    const data = isObject(answer) && isObject(answer['data']) ? answer['data'] : {}
    const parsed = record.safeParse(data[name])
    if (!parsed.success) throw notUnderstood(path)
    return parsed.data
  }

  return {
    find({ plural }, { filter, orderBy, limit = maxPage, after, depth = 0 }) {
      const query = new URLSearchParams({ limit: String(Math.min(limit, maxPage)), depth: String(depth) })
      if (filter !== undefined) query.set('filter', filter)
      if (orderBy !== undefined) query.set('order_by', orderBy)
      if (after) query.set('starting_after', after)
      return list(`/${objectName.parse(plural)}?${query}`, plural)
    },
    async get({ singular, plural }, id, depth = 0) {
      const path = `/${objectName.parse(plural)}/${uuid.parse(id)}?depth=${depth}`
      const { status, body } = await ask('GET', path)
      if (status >= 200 && status < 300) {
        const data = isObject(body) && isObject(body['data']) ? body['data'] : {}
        // Versions differ: some say 404, some 400, some that there is null.
        return data[singular] === null ? null : one(body, singular, path)
      }
      const reason = reasonIn(body, access.secret)
      if (isMissing(status, reason)) return null
      throw refusalOf(status, reason)
    },
    async create({ singular, plural }, body) {
      const path = `/${objectName.parse(plural)}?depth=0`
      return one(await must('POST', path, body), `create${capital(singular)}`, path)
    },
    async update({ singular, plural }, id, body) {
      const path = `/${objectName.parse(plural)}/${uuid.parse(id)}?depth=0`
      return one(await must('PATCH', path, body), `update${capital(singular)}`, path)
    },
    metadata(kind, { limit = 100, after } = {}) {
      const query = new URLSearchParams({ limit: String(limit) })
      if (after) query.set('starting_after', after)
      return list(`/metadata/${objectName.parse(kind)}?${query}`, kind)
    },
    async views(part, view) {
      const path = `/metadata/${part}${view === undefined ? '' : `?viewId=${uuid.parse(view)}`}`
      const answer = await must('GET', path)
      const given = isObject(answer) ? (answer['data'] ?? answer) : answer
      const records = z.array(record).safeParse(isObject(given) ? given[part] : given)
      if (!records.success) throw notUnderstood(path)
      return records.data
    },
    description: () => must('GET', '/open-api/core'),
  }
}

/** Stands for an address and a secret in memory, without being either. Not the headers: they carry each call's trace. */
export function credentialKey({ baseUrl, secret }: UpstreamAccess): string {
  return createHash('sha256')
    .update(JSON.stringify([baseUrl, secret]))
    .digest('base64url')
}

/** `https://crm.example.com`, with or without `/rest` behind it, as people copy it. */
function restBase(baseUrl: string): string {
  const { origin, pathname } = new URL(baseUrl)
  return `${origin}${pathname.replace(/\/+$/, '').replace(/\/rest$/, '')}/rest`
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}

function notUnderstood(path: string): UpstreamTrouble {
  return new UpstreamTrouble(
    'unreachable',
    `answered ${path.split('?')[0]} in a form that Tandem doesn’t know`,
  )
}

function troubleOf(error: unknown): unknown {
  if (error instanceof UpstreamTrouble || !(error instanceof Error)) return error
  if (error.name === 'TimeoutError') return new UpstreamTrouble('late', 'did not answer in time')
  if (error.name === 'AbortError' || error.name === 'ZodError') return error
  if (error instanceof AddressRefused)
    return new UpstreamTrouble('unreachable', error.message, { cause: error })
  return new UpstreamTrouble('unreachable', `could not be asked: ${error.message}`, { cause: error })
}
