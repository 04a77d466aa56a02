import { addressList } from '#foundation'
import { createCallLog } from '#identity'
import { createAccess } from './access.ts'
import { createConnections } from './connect/create-connections.ts'
import { answerFor } from './endpoint.ts'
import { observeEngine } from './observe-engine.ts'
import { UpstreamTrouble } from './engine.ts'
import type { Engine } from './engine.ts'
import { bridgeEngine } from './engines/bridge/bridge-engine.ts'
import { createEngine } from './engines/create-engine.ts'
import { whenEnded } from './engines/when-ended.ts'
import type { Gateway } from './gateway.ts'
import { createMissingAccess } from './missing-access.ts'
import type { AgentDoor, GatewayDependencies } from './ports.ts'
import { createPeopleKeys } from './keys/create-people-keys.ts'
import { openUpstreamDirectory } from './upstreams/directory.ts'
import { startHealthWatch } from './upstreams/health-watch.ts'
import { createUpstreamManager } from './upstreams/manage-upstreams.ts'
import { resourceOf } from './upstreams/scopes.ts'
import type { UpstreamResource } from './upstreams/scopes.ts'
import { createToolReview } from './upstreams/tool-review.ts'
import { createUpstreamStore } from './upstreams/upstream-store.ts'
import type { Upstream } from './upstreams/upstream.ts'

type Open = { upstream: Upstream; engine: Engine; unconnected: Engine; door: AgentDoor }

/** Builds the gateway on an open database. */
export async function createGateway(deps: GatewayDependencies): Promise<Gateway> {
  const { issuer, storage, audit, clock, log } = deps
  const upstreams = await openUpstreamDirectory(storage, log)
  const connections = createConnections({ ...deps, upstreams })
  const access = createAccess({ ...deps, connections })
  const missing = createMissingAccess()
  const calls = createCallLog(audit)
  const store = createUpstreamStore(storage, audit)
  const review = createToolReview({ store, clock, log })
  const open = new Map<string, Open>()
  let resources: readonly UpstreamResource[] = []

  const describe = () => {
    resources = upstreams
      .all()
      .filter(({ enabled }) => enabled)
      .map((upstream) => resourceOf(issuer, upstream))
    // An engine lives as long as the settings that it was made with.
    for (const [name, { upstream, engine, unconnected }] of open) {
      if (upstreams.named(name) === upstream) continue
      const now = upstreams.named(name)
      if (now && now.changedAt.getTime() === upstream.changedAt.getTime() && now.id === upstream.id) {
        const kept = open.get(name)
        if (kept) open.set(name, { ...kept, upstream: now })
        continue
      }
      open.delete(name)
      void engine.close()
      void unconnected.close()
    }
  }
  describe()
  upstreams.onChange(describe)

  const opened = (upstream: Upstream): Open => {
    const known = open.get(upstream.name)
    if (known) return known
    const engine = observeEngine(
      createEngine(upstream, { ...deps, seen: review.seen }),
      upstream.name,
      deps.watch,
    )
    const { id, defaultScopes } = resourceOf(issuer, upstream)
    const { ipAllowlist, limits } = upstream
    const { callsPerMinute } = limits
    const callers = ipAllowlist.length > 0 ? addressList(ipAllowlist) : null
    const door = deps.door(id, { defaultScopes, methods: engine.methods, callers, callsPerMinute })
    const unconnected = bridgeEngine(
      () => Promise.reject(new UpstreamTrouble('refused', 'there is nothing to ask it with')),
      { upstream, ended: deps.ended, clock, log },
    )
    const made = { upstream, engine, unconnected, door }
    // Whoever waited since it looked may hold settings of yesterday: those answer nobody else.
    if (upstreams.named(upstream.name) === upstream) open.set(upstream.name, made)
    return made
  }

  const parts = {
    ...deps,
    store,
    review,
    directory: upstreams,
    access,
    engineOf: (upstream: Upstream) => opened(upstream).engine,
    // What isn't an upstream yet has no list to compare with.
    createEngine: (upstream: Upstream) => createEngine(upstream, { ...deps, seen: () => undefined }),
  }
  const admin = createUpstreamManager(parts)
  for (const upstream of upstreams.all()) await review.takeOwn(upstream)
  const watch = startHealthWatch(parts)
  const keys = createPeopleKeys({ ...parts, rateLimiter: storage.rateLimiter })

  return {
    async handle(request, from, path) {
      const name = /^\/mcp\/([a-z][a-z0-9-]{0,31})\/?$/.exec(path)?.[1]
      const upstream = name === undefined ? undefined : upstreams.named(name)
      if (!upstream?.enabled) return null
      const { engine, unconnected, door } = opened(upstream)
      const now = () => {
        const is = upstreams.named(upstream.name)
        const same = is?.id === upstream.id && is.changedAt.getTime() === upstream.changedAt.getTime()
        return is && same && is.enabled ? is : null
      }
      return door.handle(request, from, async (admitted, caller) => {
        let over = false
        const leave = whenEnded(deps.ended, caller, () => (over = true))
        return answerFor(
          {
            upstream,
            now: () => (over ? null : now()),
            engine,
            unconnected,
            door,
            missing,
            access,
            calls,
            used: ({ actor, ip }, tool) => {
              if (actor.kind === 'agent') deps.used(actor.grant, ip, tool)
            },
            refused: ({ actor }) => keys.refused(upstream, actor),
          },
          admitted,
          caller,
        ).finally(leave)
      })
    },
    resources: () => resources,
    upstreams,
    connections,
    keys,
    admin,
    health: watch.health,
    watch: watch.look,
    async close() {
      await watch.stop()
      await keys.close()
      upstreams.close()
      calls.close()
      await Promise.all(
        [...open.values()].flatMap(({ engine, unconnected }) => [engine.close(), unconnected.close()]),
      )
    },
  }
}
