import type { Storage } from '#storage'
import type { UpstreamHealth } from '../upstream-watch.ts'

const patience = 2000

export type Health = {
  /** `/health/live`, `/health/ready`, `/health`; null for other paths. `trusted` may read the names of upstreams. */
  answer(path: string, trusted: boolean): Promise<Response | null>
  /** From now on it isn't ready, whatever the database says: proxies look elsewhere before work is refused. */
  stopping(): void
}

/**
 * `/health/live`: the process answers. `/health/ready` and `/health`: it can do its work. An upstream in trouble is
 * told of and doesn't make Tandem unready: the rest works, and a restart would cure nothing. Strangers learn how many
 * are well, since which servers a company uses is nobody's business.
 */
export function createHealth(
  storage: Pick<Storage, 'ping'>,
  upstreams: () => readonly UpstreamHealth[],
): Health {
  let stopping = false
  const ask = async (): Promise<boolean> => {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), patience)
    })
    const pinged = storage.ping().then(
      () => true,
      () => false,
    )
    return Promise.race([pinged, late]).finally(() => clearTimeout(timer))
  }
  // Anybody may look, as often as they like: they share one question, also while a database hangs.
  let asking: Promise<boolean> | undefined
  const reaches = () => (asking ??= ask().finally(() => (asking = undefined)))
  const answer = (status: number, body: Record<string, unknown>) =>
    Response.json(body, { status, headers: { 'Cache-Control': 'no-store' } })
  return {
    async answer(path, trusted) {
      if (path === '/health/live') return answer(200, { live: true })
      if (path !== '/health' && path !== '/health/ready')
        return path.startsWith('/health/') ? answer(404, { live: true }) : null
      const database = await reaches()
      const ready = database && !stopping
      const all = upstreams()
      const well = all.filter(({ trouble }) => trouble === null).length
      return answer(ready ? 200 : 503, {
        live: true,
        ready,
        ...(stopping && { stopping }),
        database,
        upstreams: {
          well,
          troubled: all.length - well,
          ...(trusted && {
            states: Object.fromEntries(all.map(({ name, trouble }) => [name, trouble ?? 'well'])),
          }),
        },
      })
    },
    stopping() {
      stopping = true
    },
  }
}
