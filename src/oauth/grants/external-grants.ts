import type { AuditEntry } from '#audit'
import { RecentMap, newId } from '#foundation'
import type { AddressList, Clock, GrantId, MemberId } from '#foundation'
import type { DetailsType } from '../ports.ts'
import { AccessWithheld } from './grant-life.ts'
import type { GrantLife } from './grant-life.ts'
import type { GrantTerms } from './grant.ts'
import type { LiveGrant } from './live-grants.ts'
import { slotOf } from './slots.ts'
import type { SlotStore } from './slots.ts'
import { callersLeft, detailsLeft, scopesLeft } from './standing.ts'

/** What somebody else's authorization server says was allowed there. */
export type ExternalTerms = {
  issuer: string
  /** The client's name there: its `client_id`. */
  clientId: string
  member: MemberId
  resource: string
  scopes: readonly string[]
}
/** What is left of that here. */
export type ExternalAccess = {
  grantId: GrantId
  /** Unlike any client of ours. */
  clientId: string
  clientName: string
  scopes: readonly string[]
  details: unknown
  callers: AddressList | null
}

export interface ExternalGrants {
  /**
   * The grant that stands here for an app which another authorization server lets in: made when the app first comes,
   * seen, narrowed, paused and ended like any other. Throws AccessWithheld where somebody holds it back here.
   */
  admit(terms: ExternalTerms): Promise<ExternalAccess>
}

const most = 10_000

export function createExternalGrants(deps: {
  slots: SlotStore
  life: GrantLife
  details: Pick<DetailsType, 'narrow'>
  clock: Clock
  used(live: LiveGrant, at: number): void
}): ExternalGrants {
  const { slots, life, details, clock, used } = deps
  const known = new RecentMap<string, GrantId>(most)
  const narrowed = new WeakSet<LiveGrant>()

  const make = async (key: string, terms: ExternalTerms): Promise<GrantId> => {
    const { issuer, clientId, member, resource } = terms
    const client = `${issuer}#${clientId}`
    const group = ['external', client, member]
    const all = await details.narrow(member, {})
    if (typeof all === 'string') throw new AccessWithheld(all, 'resource')
    const made: GrantTerms = {
      kind: 'external',
      parent: null,
      member,
      clientId: client,
      client: {
        name: nameOf(clientId),
        registration: 'dynamic',
        verifiedDomain: null,
        fingerprint: '',
        redirectHost: '',
      },
      resource,
      scopes: terms.scopes,
      details: all,
      expiresAt: null,
    }
    const { key: name, group: shut } = slotOf(group, { ...made, scopes: [] })
    const id = newId('grt')
    const slot = { key: name, group: shut }
    const got = await slots.occupy(
      slot,
      { id, at: clock.now(), terms: made },
      entryOf('grant.given', id, terms),
    )
    if (typeof got === 'string') throw new AccessWithheld(shutBecause[got], 'resource')
    known.set(key, got.grant.id)
    return got.grant.id
  }

  /** True when the grant has all of the scopes now. */
  const widened = async (live: LiveGrant, terms: ExternalTerms): Promise<boolean> => {
    const { id, scopes: had } = live.grant
    const more = terms.scopes.filter((scope) => !had.includes(scope))
    if (more.length === 0) return true
    if (narrowed.has(live)) return false
    if (await slots.widen(id, [...had, ...more], entryOf('grant.widened', id, terms))) return true
    narrowed.add(live)
    return false
  }

  return {
    async admit(terms) {
      const { issuer, clientId, member, resource, scopes } = terms
      await life.checkClient(`${issuer}#${clientId}`)
      const key = JSON.stringify([issuer, clientId, member, resource])
      const before = known.get(key)
      const live = (before && (await life.find(before))) ?? (await life.find(await make(key, terms)))
      const now = clock.now()
      if (!live || (await life.judge(live, now, 'resource')) !== 'good') {
        known.delete(key)
        throw new AccessWithheld(shutBecause.closed, 'resource')
      }
      used(live, now.getTime())
      return {
        grantId: live.grant.id,
        clientId: live.grant.clientId,
        clientName: live.grant.client.name,
        scopes: (await widened(live, terms)) ? scopes : scopesLeft(live, scopes),
        details: detailsLeft(live),
        callers: callersLeft(live),
      }
    },
  }
}

const shutBecause = {
  closed: 'The access of this app was ended here. Tell the person; an administrator can let it come again.',
  paused: 'The person who connected this app has paused it. It can go on once they resume it.',
  narrowed: 'The person took something from the access of this app. What is left of it can be used.',
  orphaned: 'The access of this app was ended here.',
} as const

/** An address names itself; anything else is what the other server calls it. */
function nameOf(clientId: string): string {
  return (URL.canParse(clientId) && new URL(clientId).host) || clientId.slice(0, 80)
}

function entryOf(event: string, grant: GrantId, { issuer, clientId, scopes }: ExternalTerms): AuditEntry {
  return {
    event,
    outcome: 'ok',
    actor: { kind: 'client', id: `${issuer}#${clientId}`, name: nameOf(clientId) },
    subject: { kind: 'grant', id: grant, name: nameOf(clientId) },
    detail: { kind: 'external', scope: scopes.join(' ') },
  }
}
