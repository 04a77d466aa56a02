import { isLoopbackAddress, reportUnexpected, sameSecret } from '#foundation'
import type { Log } from '#foundation'
import type { Figures } from '../metrics/figures.ts'
import type { Meters } from '../metrics/meters.ts'
import type { Incoming } from './front.ts'
import type { Health } from './health.ts'

export type WatchingDependencies = {
  health: Pick<Health, 'answer'>
  meters: Meters
  figures(): Promise<Figures>
  /** Who shows it may read everything here; absent: nobody from elsewhere. */
  token: string | undefined
  log: Log
}

const jsonError = (status: number, error: string, message: string, headers: Record<string, string> = {}) =>
  Response.json({ error, message }, { status, headers: { 'Cache-Control': 'no-store', ...headers } })

/**
 * `/health*` and `/metrics`, under any host: probes come by address. Null for other paths. `/metrics` is there for who
 * shows the token, and for a program on this computer that came through no proxy; for everybody else there is nothing.
 */
export function createWatching({ health, meters, figures, token, log }: WatchingDependencies) {
  const trusts = (request: Request, incoming: Incoming): boolean =>
    (token !== undefined && sameSecret(request.headers.get('authorization') ?? '', `Bearer ${token}`)) ||
    isThisComputer(request, incoming)

  return async (request: Request, incoming: Incoming): Promise<Response | null> => {
    const { path } = incoming
    if (path === '/health' || path.startsWith('/health/'))
      return health.answer(path, trusts(request, incoming))
    if (path !== '/metrics') return null
    if (!trusts(request, incoming)) {
      if (token === undefined) return jsonError(404, 'not_found', 'There is nothing here')
      return jsonError(401, 'unauthorized', 'Show TANDEM_METRICS_TOKEN as a bearer token', {
        'WWW-Authenticate': 'Bearer realm="metrics"',
      })
    }
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return jsonError(405, 'method_not_allowed', 'Use GET', { Allow: 'GET, HEAD' })
    try {
      const recorder = await meters.start()
      const { contentType, body } = await recorder.text(await figures())
      return new Response(body, { headers: { 'Content-Type': contentType, 'Cache-Control': 'no-store' } })
    } catch (error) {
      const id = reportUnexpected(log, error, 'metrics')
      return jsonError(503, 'unavailable', `The database didn’t answer (${id})`)
    }
  }
}

const forwarded = [
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
  'via',
]
const ownNames = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * Three signs, all of them: the peer is this computer, no proxy says that it passes something on, and the request names
 * this computer. A proxy beside us that hides itself still passes on the public name that Tandem asks it for.
 */
function isThisComputer({ headers }: Request, { peer, host }: Incoming): boolean {
  if (!isLoopbackAddress(peer) || forwarded.some((name) => headers.has(name))) return false
  return ownNames.has((host ?? '').replace(/:\d+$/, ''))
}
