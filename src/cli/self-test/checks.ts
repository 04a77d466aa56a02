import { z } from 'zod'

export type Seen = { outcome: 'ok' | 'failed' | 'skipped'; what: string }
/** What the checks work with. `token` is of a client of their own that goes again. */
export type Bench = { issuer: string; token: string | null; upstreams: readonly string[] }
export type Check = [name: string, run: (bench: Bench) => Promise<Seen>]

const patience = 10_000
const answer = z.looseObject({
  result: z.looseObject({}).optional(),
  error: z.looseObject({ code: z.number() }).optional(),
})

type Sent = { token?: string | null; body?: string; headers?: Record<string, string> }
async function ask(url: string, { token, body, headers = {} }: Sent = {}) {
  const response = await fetch(url, {
    method: body === undefined ? 'GET' : 'POST',
    redirect: 'manual',
    signal: AbortSignal.timeout(patience),
    headers: {
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      Accept: 'application/json, text/event-stream',
      ...(token && { Authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body !== undefined && { body }),
  })
  const received = await response.text()
  // A stream of one answer: its last event's data.
  const streamed = response.headers.get('content-type')?.startsWith('text/event-stream')
  const text = streamed ? (/^data: (\{.*)$/m.exec(received)?.[1] ?? '') : received
  let json: unknown = null
  try {
    json = JSON.parse(text)
  } catch {
    // Some answers are none; the check that wanted one says so.
  }
  return { status: response.status, headers: response.headers, json }
}

const expectation = (holds: boolean, what: string): Seen => ({ outcome: holds ? 'ok' : 'failed', what })
const skipped = (what: string): Seen => ({ outcome: 'skipped', what })
const rpc = (method: string, params: unknown = {}) =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
const unsigned = [
  { alg: 'none', typ: 'at+jwt' },
  { sub: 'somebody', sid: 'session' },
]
  .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
  .join('.')

async function call(bench: Bench, body: string, version = '2025-06-18') {
  const { status, json } = await ask(`${bench.issuer}/mcp`, {
    token: bench.token,
    body,
    headers: { 'MCP-Protocol-Version': version },
  })
  const parsed = answer.safeParse(json)
  return { status, ...(parsed.success ? parsed.data : {}) }
}
const withToken =
  (run: (bench: Bench) => Promise<Seen>) =>
  async (bench: Bench): Promise<Seen> =>
    bench.token === null ? skipped('There is no member yet whose rights it could have') : run(bench)

/** From the outside in, each with an answer that would be wrong. */
export const checks: Check[] = [
  [
    'keys without sign-in',
    async ({ issuer }) => {
      const { status } = await ask(`${issuer}/api/keys`)
      return expectation(status === 401, `GET /api/keys: ${status}`)
    },
  ],
  [
    'call without a token',
    async ({ issuer }) => {
      const { status, headers } = await ask(`${issuer}/mcp`, { body: rpc('tools/list') })
      const says = headers.get('www-authenticate') ?? ''
      return expectation(
        status === 401 && says.includes('resource_metadata='),
        `${status}, ${says ? 'with' : 'without'} the way in`,
      )
    },
  ],
  [
    'made-up token',
    async ({ issuer }) => {
      const { status, headers } = await ask(`${issuer}/mcp`, { body: rpc('tools/list'), token: 'made-up' })
      return expectation(
        status === 401 && /invalid_token/.test(headers.get('www-authenticate') ?? ''),
        `${status}`,
      )
    },
  ],
  [
    'unsigned token',
    async ({ issuer }) => {
      const statuses = await Promise.all(
        [`${issuer}/mcp`, `${issuer}/api/keys`].map(
          async (url) =>
            (await ask(url, { token: `${unsigned}.`, ...(url.endsWith('mcp') && { body: rpc('ping') }) }))
              .status,
        ),
      )
      return expectation(
        statuses.every((status) => status === 401),
        statuses.join(', '),
      )
    },
  ],
  [
    'upstreams without a token',
    async ({ issuer, upstreams }) => {
      if (upstreams.length === 0) return skipped('No upstream is set up')
      const statuses = await Promise.all(
        upstreams.map(
          async (name) => (await ask(`${issuer}/mcp/${name}`, { body: rpc('tools/list') })).status,
        ),
      )
      return expectation(
        statuses.every((status) => status === 401),
        statuses.join(', '),
      )
    },
  ],
  [
    'broken JSON',
    withToken(async (bench) => {
      const { status, error } = await call(bench, '{"jsonrpc":')
      return expectation(status === 400 && error?.code === -32_700, `${status}, ${error?.code ?? 'no error'}`)
    }),
  ],
  [
    'older clients',
    withToken(async (bench) => {
      const seen: string[] = []
      for (const protocolVersion of ['2025-03-26', '2025-06-18', '2025-11-25']) {
        const params = {
          protocolVersion,
          capabilities: {},
          clientInfo: { name: 'tandem test', version: '1' },
        }
        const { status, result } = await call(bench, rpc('initialize', params), protocolVersion)
        if (status !== 200 || result?.['protocolVersion'] !== protocolVersion)
          seen.push(`${protocolVersion}: ${status}`)
        else if (!('tools' in z.looseObject({}).parse(result['capabilities'])))
          seen.push(`${protocolVersion}: no tools`)
      }
      return expectation(seen.length === 0, seen.join(', ') || 'three revisions begin, each with tools')
    }),
  ],
  [
    'tools after initialize',
    withToken(async (bench) => {
      const { status, result } = await call(bench, rpc('tools/list'))
      const tools = z.array(z.looseObject({ name: z.string() })).safeParse(result?.['tools']).data ?? []
      return expectation(
        status === 200 && tools.some(({ name }) => name === 'whoami'),
        `${status}, ${tools.length} tools`,
      )
    }),
  ],
  [
    'a call',
    withToken(async (bench) => {
      const { status, result } = await call(bench, rpc('tools/call', { name: 'whoami', arguments: {} }))
      const worked = status === 200 && result !== undefined && result['isError'] !== true
      return expectation(worked, worked ? 'whoami answers' : `${status}`)
    }),
  ],
]

/** After its client is gone, what it was given works no more. */
export async function endsWithClient(bench: Bench): Promise<Seen> {
  const { status } = await call(bench, rpc('tools/list'))
  return expectation(
    status === 401,
    status === 401 ? 'its token is refused' : `its token still works (${status})`,
  )
}

export async function tokenFor(issuer: string, id: string, secret: string): Promise<string | Seen> {
  const response = await fetch(`${issuer}/oauth/token`, {
    method: 'POST',
    signal: AbortSignal.timeout(patience),
    headers: {
      Authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`,
    },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      scope: 'crm:read',
      resource: `${issuer}/mcp`,
    }),
  })
  const found = z.looseObject({ access_token: z.string() }).safeParse(await response.json().catch(() => null))
  return found.success
    ? found.data.access_token
    : { outcome: 'failed', what: `the token endpoint: ${response.status}` }
}
