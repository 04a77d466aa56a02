import type { Storage } from '#storage'

const patience = 2000

/** `/health/live`: the process answers. `/health/ready` and `/health`: it can do its work. Says nothing else. */
export function healthCheck(storage: Storage): (path: string) => Promise<Response> {
  const ready = async (): Promise<boolean> => {
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
  const answer = (status: number, body: Record<string, boolean>) =>
    Response.json(body, { status, headers: { 'Cache-Control': 'no-store' } })
  return async (path) => {
    if (path === '/health/live') return answer(200, { live: true })
    if (path !== '/health' && path !== '/health/ready') return answer(404, { live: true })
    const isReady = await ready()
    return answer(isReady ? 200 : 503, { live: true, ready: isReady })
  }
}
