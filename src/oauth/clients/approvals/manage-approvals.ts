import type { ApprovalInput, ApprovalView } from '#contract'
import type { Clock, MemberId } from '#foundation'
import { scopeWords } from '../../authorize/scopes.ts'
import { OAuthError } from '../../errors.ts'
import { endedEntry } from '../../grants/manage-grants.ts'
import { identityScopes } from '../../openid/identity-scopes.ts'
import type { Resource } from '../../ports.ts'
import { clientEntry } from '../client-entry.ts'
import type { By } from '../client-entry.ts'
import type { Client, ClientStore } from '../client.ts'
import { verifiedDomain } from '../client.ts'
import { lookAlikeWarning } from '../look-alike.ts'
import type { ApprovalStore, ApprovedAs, QueuedClient } from './approval-store.ts'

/** Who looks at an approval, with members by id: their names are identity's. */
export type Approval = Omit<ApprovalView, 'asked'> & {
  asked: (Omit<ApprovalView['asked'][number], 'person'> & { member: MemberId })[]
}

/** What administrators do with clients that wait for them. */
export interface Approvals {
  list(): Promise<Approval[]>
  /** How many clients wait or changed since they were approved. */
  count(): Promise<number>
  /** Throws OAuthError not_found when there is no such client, or it changed since it was looked at. */
  decide(input: ApprovalInput, by: By & { member: MemberId }): Promise<void>
  /** Clients nobody has been told of by mail, once across replicas; `giveBack` when it couldn't be told. */
  takeUntold(): ReturnType<ApprovalStore['takeUntold']>
}

const mostListed = 200

const words = {
  approve: { event: 'client.approved', reason: 'An administrator narrowed what its app may do.' },
  refuse: { event: 'client.refused', reason: 'An administrator refused its app.' },
  block: { event: 'client.blocked', reason: 'An administrator blocked its app.' },
  reconsider: { event: 'client.reconsidered', reason: '' },
} as const

export function createApprovals(deps: {
  approvals: ApprovalStore
  clients: Pick<ClientStore, 'trusted'>
  resources: () => readonly Resource[]
  appSchemes: readonly string[]
  clock: Clock
}): Approvals {
  const { approvals, clients, resources, appSchemes, clock } = deps
  return {
    async list() {
      const [queue, trusted] = await Promise.all([approvals.queue(mostListed), clients.trusted()])
      return queue.map((one) => ({
        ...viewOf(one, resources()),
        lookAlike: lookAlikeWarning({ ...one.client, approved: false }, trusted, appSchemes),
      }))
    },
    count: () => approvals.count(),
    async decide({ client: id, fingerprint, decision, scopes }, by) {
      if (scopes && decision !== 'approve') {
        throw new OAuthError('invalid_request', 'Scopes are narrowed when an app is approved')
      }
      const { event, reason } = words[decision]
      const resolved = await approvals.resolve({
        id,
        fingerprint,
        decision,
        scopes: decision === 'approve' ? scopes : undefined,
        at: clock.now(),
        by: by.member,
        reason,
        entryOf: (client) => clientEntry(event, client, by, { ...(scopes && { scopes: scopes.join(' ') }) }),
        grantEntryOf: endedEntry(by.actor, reason, by.ip),
      })
      if (!resolved) {
        throw new OAuthError(
          'not_found',
          'The app is gone, or is not what it was when you looked. Look again',
        )
      }
    },
    takeUntold: () => approvals.takeUntold(clock.now()),
  }
}

function viewOf(
  { client, firstSeenIp, approvedAs, requests, liveGrants }: QueuedClient,
  resources: readonly Resource[],
): Omit<Approval, 'lookAlike'> {
  const scopesOf = (resource: string) => resources.find(({ id }) => id === resource)
  const [main] = resources
  return {
    client: {
      id: client.id,
      name: client.name,
      registration: client.registration,
      verifiedDomain: verifiedDomain(client),
      fingerprint: client.fingerprint,
      firstSeenAt: client.firstSeenAt.toISOString(),
      firstSeenFrom: firstSeenIp,
      redirectUris: [...client.redirectUris],
      links: { ...client.links },
      keys: keysOf(client),
      scopes: client.ceiling && [...client.ceiling],
    },
    state: stateOf(client, approvedAs, requests.length > 0),
    asked: requests.map(({ member, at, ip, redirectHost, scopes, resource }) => ({
      member,
      at: at.toISOString(),
      ip,
      redirectHost,
      scopes: scopeWords(scopesOf(resource), scopes),
    })),
    changes: approvedAs && !client.approved ? changesOf(approvedAs, client) : [],
    liveGrants,
    offered: main ? scopeWords(main, [...Object.keys(main.scopes), ...Object.keys(identityScopes)]) : [],
  }
}

function stateOf(client: Client, approvedAs: ApprovedAs | null, asked: boolean): Approval['state'] {
  if (client.blocked) return 'blocked'
  if (client.refused) return 'refused'
  return approvedAs && !client.approved && !asked ? 'changed' : 'waiting'
}

/** What an administrator approved against what it is now (A134). */
function changesOf(before: ApprovedAs, now: Client): Approval['changes'] {
  const rows = [
    { what: 'Name', before: [before.name], after: [now.name] },
    { what: 'Answers go to', before: [...before.redirectUris], after: [...now.redirectUris] },
    { what: 'Signs in with', before: [...before.authMethods], after: [...now.authMethods] },
    { what: 'Keys', before: keyNames(before), after: keyNames(now) },
  ]
  const text = (list: readonly string[]) => list.toSorted().join('\n')
  return rows.filter((row) => text(row.before) !== text(row.after))
}

/** Keys as people can compare them: their thumb of an id, or where they are published. */
function keyNames({ keys }: Pick<Client, 'keys'>): string[] {
  if (keys === null) return []
  if ('uri' in keys) return [keys.uri]
  return keys.jwks.keys.map(({ kid, kty, crv, x, n }) =>
    [kty, crv, kid ?? (x ?? n ?? '').slice(0, 12)].filter(Boolean).join(' '),
  )
}

function keysOf({ keys }: Client): string {
  if (keys === null) return 'none'
  return 'uri' in keys ? keys.uri : 'in the document'
}
