import type { AuditEntry } from '#audit'
import type { Clock } from '#foundation'
import type { OAuth, Who } from '../oauth.ts'
import type { DetailsType, Resource } from '../ports.ts'
import type { EndWhich, GrantStore } from './grant-store.ts'
import { grantView } from './grant-view.ts'
import type { Grant } from './grant.ts'
import { narrowing } from './narrow-grant.ts'
import type { Stops } from './stops.ts'

const mostListed = 1000

/** What people and administrators do with grants: see them, narrow, pause and end them. */
export function createGrantManager(deps: {
  store: GrantStore
  stops: Stops
  details: DetailsType
  clock: Clock
  resources: () => readonly Resource[]
  used: { note(id: Grant['id'], ip: string, tool: string | null): void; flush(): Promise<void> }
}): Omit<OAuth['grants'], 'watch'> {
  const { store, stops, details, clock, resources } = deps

  // People look at what they just did: what this process knows of last uses is written down before they see it.
  const { flush } = deps.used

  const views = async (grants: readonly Grant[]) => {
    const context = { resources: resources(), stopped: await stops.read(), now: clock.now() }
    return grants.map((grant) => grantView(grant, context))
  }
  const endAll = async (which: EndWhich, reason: string, actor: AuditEntry['actor'], ip?: string) => {
    let ended = 0
    for (;;) {
      const some = await store.end(which, reason, clock.now(), endedEntry(actor, reason, ip))
      if (some.length === 0) return ended
      ended += some.length
    }
  }

  return {
    async list(member) {
      await flush()
      return views(await store.list(member, mostListed))
    },
    async search({ limit, after, ...filter }) {
      await flush()
      const page = { limit: limit + 1, ...(after === undefined ? {} : { after }) }
      const { grants, total } = await store.search({ ...filter, now: clock.now() }, page)
      const shown = grants.slice(0, limit)
      return {
        grants: await views(shown),
        next: grants.length > limit ? (shown.at(-1)?.id ?? null) : null,
        total,
      }
    },
    async end(id, by, reason) {
      const which = by.administrator ? { grant: id } : { grant: id, of: by.member }
      const entry = endedEntry(actorOf(by), reason, by.ip)
      return (await store.end(which, reason, clock.now(), entry)).length > 0
    },
    endAllOf: (member, reason) => endAll({ member }, reason, { kind: 'system' }),
    endAllFor: (resource, reason) => endAll({ resource }, reason, { kind: 'system' }),
    async endMany(which, by, reason) {
      if (!('ids' in which)) return endAll(which, reason, actorOf(by), by.ip)
      let ended = 0
      for (const grant of which.ids) {
        ended += (await store.end({ grant }, reason, clock.now(), endedEntry(actorOf(by), reason, by.ip)))
          .length
      }
      return ended
    },
    async pause(id, by) {
      const at = clock.now()
      const change = ({ pausedAt }: Grant) => (pausedAt === null ? { pausedAt: at } : undefined)
      return (
        (await store.alter({ grant: id, of: by.member }, change, entryOf('grant.paused', by))) !== undefined
      )
    },
    async resume(id, by) {
      const change = ({ pausedAt }: Grant) => (pausedAt === null ? undefined : { pausedAt: null })
      return (
        (await store.alter({ grant: id, of: by.member }, change, entryOf('grant.resumed', by))) !== undefined
      )
    },
    async narrow(id, by, to) {
      const change = await narrowing(details, by.member, to, clock.now())
      const which = by.administrator ? { grant: id } : { grant: id, of: by.member }
      const grant = await store.alter(which, change, entryOf('grant.narrowed', by))
      return grant ? ((await views([grant]))[0] ?? null) : null
    },
    used: deps.used.note,
  }
}

function actorOf({ member, name }: Who): AuditEntry['actor'] {
  return { kind: 'member', id: member, ...(name === undefined ? {} : { name }) }
}

function entryOf(event: string, by: Who) {
  return (grant: Grant): AuditEntry => ({
    event,
    outcome: 'ok',
    actor: actorOf(by),
    subject: { kind: 'grant', id: grant.id, name: grant.client.name },
    ...(by.ip === undefined ? {} : { ip: by.ip }),
    detail: {
      client: grant.clientId,
      ...(event === 'grant.narrowed' && {
        scope: grant.scopes.join(' '),
        until: grant.expiresAt?.toISOString() ?? null,
        ...(grant.addresses && { addresses: grant.addresses.join(' ') }),
      }),
    },
  })
}

export function endedEntry(actor: AuditEntry['actor'], reason: string, ip?: string) {
  return (grant: Grant): AuditEntry => ({
    event: 'grant.ended',
    outcome: 'ok',
    actor,
    subject: { kind: 'grant', id: grant.id, name: grant.client.name },
    ...(ip === undefined ? {} : { ip }),
    detail: { reason, member: grant.member, client: grant.clientId },
  })
}
