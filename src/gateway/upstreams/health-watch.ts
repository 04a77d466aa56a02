import type { Audit } from '#audit'
import { reportUnexpected } from '#foundation'
import type { Clock, Log, OutwardClient } from '#foundation'
import type { Actor } from '#identity'
import type { createAccess } from '../access.ts'
import type { Engine } from '../engine.ts'
import { askForTools, ping } from './ask-upstream.ts'
import type { UpstreamDirectory } from './directory.ts'
import type { ToolReview } from './tool-review.ts'
import type { UpstreamStore } from './upstream-store.ts'
import type { Upstream, UpstreamId } from './upstream.ts'

/** Milliseconds between two checks of an upstream, whichever replica makes them. */
const every = 5 * 60_000
/** After this long without a result another replica takes it that the one that began is gone. */
const lease = 2 * 60_000
/** How often each replica looks whether one is due, and reads what the others found. */
const interval = 30_000

const watcher: Actor = { kind: 'system', name: 'gateway' }

/** Checks each upstream every few minutes, on one replica. */
export function startHealthWatch(deps: {
  store: UpstreamStore
  review: ToolReview
  directory: UpstreamDirectory
  access: ReturnType<typeof createAccess>
  engineOf(upstream: Upstream): Engine
  outward: OutwardClient
  audit: Audit
  clock: Clock
  log: Log
}) {
  const { store, review, directory, access, engineOf, outward, audit, clock, log } = deps
  let troubled = new Set<UpstreamId>()
  let running: Promise<void> | undefined

  const checkOne = async (upstream: Upstream): Promise<void> => {
    const found = await access(upstream, watcher)
    const own = upstream.auth.kind === 'key' || upstream.auth.kind === 'oauth'
    // People's credentials are for their calls: nobody else's errand uses them.
    const asked = own
      ? await ping(outward, upstream).then((trouble) => (trouble === null ? null : { trouble }))
      : 'missing' in found
        ? { trouble: found.missing }
        : await askForTools(engineOf(upstream), found)
    if (asked && 'offer' in asked) await review.take(upstream, asked.offer, 'whole')
    const trouble = asked && ('trouble' in asked ? asked.trouble : 'refused' in asked ? asked.refused : null)
    const leftOut = asked && 'offer' in asked ? { leftOut: asked.offer.leftOut } : {}
    if (!(await store.noteState(upstream.id, clock.now(), { trouble, ...leftOut }))) return
    audit.note({
      event: trouble === null ? 'upstream.well' : 'upstream.trouble',
      outcome: trouble === null ? 'ok' : 'failed',
      actor: { kind: 'system', name: 'gateway' },
      subject: { kind: 'upstream', id: upstream.id, name: upstream.title },
      detail: { upstream: upstream.name, ...(trouble !== null && { why: trouble.slice(0, 300) }) },
    })
  }
  const read = async (): Promise<void> => {
    const states = [...(await store.states())]
    troubled = new Set(states.filter(([, { trouble }]) => trouble !== null).map(([id]) => id))
  }
  const look = async (): Promise<void> => {
    const now = clock.now().getTime()
    const due = await store.takeDue(new Date(now - every), new Date(now), new Date(now + lease))
    const upstreams = directory.all().filter(({ id }) => due.includes(id))
    await Promise.all(
      upstreams.map((upstream) =>
        checkOne(upstream).catch((error: unknown) => {
          reportUnexpected(log, error, `checking the upstream ${upstream.name}`)
        }),
      ),
    )
    await read()
  }
  const lookOnce = (): Promise<void> =>
    (running ??= look()
      .catch((error: unknown) => void reportUnexpected(log, error, 'checking the upstreams'))
      .finally(() => (running = undefined)))
  const timer = setInterval(() => void lookOnce(), interval)
  timer.unref()
  return {
    /** Checks what is due, now. */
    look: lookOnce,
    health: (): Record<string, 'well' | 'trouble'> =>
      Object.fromEntries(
        directory
          .all()
          .filter(({ enabled }) => enabled)
          .map(({ id, name }) => [name, troubled.has(id) ? 'trouble' : 'well'] as const),
      ),
    async stop(): Promise<void> {
      clearInterval(timer)
      await running
    },
  }
}
