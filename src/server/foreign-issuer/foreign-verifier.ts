import { hash } from 'node:crypto'
import { isId } from '#foundation'
import type { Clock, ForeignIssuer, MemberId } from '#foundation'
import type { MayAsk, TokenVerifier, VerifiedToken } from '#guard'
import type { Identity } from '#identity'
import { AccessWithheld } from '#oauth'
import type { OAuth, Resource } from '#oauth'
import type { ForeignScopes } from './foreign-scopes.ts'
import type { ForeignToken, ReadForeignToken } from './read-token.ts'

const keptMs = 30_000
const mostKept = 5_000

type Known = { token: ForeignToken; member: MemberId; until: number; last: VerifiedToken | null }

/**
 * Takes somebody else's access tokens: what they say is believed of who and for what, and no further. Whom it lets in
 * has a grant here, by which people see it, limit it and end it.
 */
export function createForeignVerifier(deps: {
  of: ForeignIssuer
  read: ReadForeignToken
  scopes: ForeignScopes
  people: Identity['people']
  external: OAuth['external']
  resources: () => readonly Resource[]
  clock: Clock
}): TokenVerifier {
  const { of, read, scopes: names, people, external, resources, clock } = deps
  const kept = new Map<string, Known>()

  const learn = async (
    name: string,
    text: string,
    audience: string,
    mayAsk?: MayAsk,
  ): Promise<Known | undefined> => {
    const token = await read(text, audience, mayAsk)
    kept.delete(name)
    if (!token) return undefined
    const member = await memberOf(people, of, token)
    const until = Math.min(clock.now().getTime() + keptMs, token.expiresAt * 1000)
    const [oldest] = kept.keys()
    if (kept.size >= mostKept && oldest !== undefined) kept.delete(oldest)
    const known = { token, member, until, last: null }
    kept.set(name, known)
    return known
  }

  return {
    async verify(text, audience, mayAsk) {
      const resource = resources().find(({ id }) => id === audience)
      if (!resource) return undefined
      const name = hash('sha256', `${audience} ${text}`, 'base64url')
      const before = kept.get(name)
      const good = before && clock.now().getTime() < before.until
      // One that was good a moment ago is no stranger's.
      const known = good ? before : await learn(name, text, audience, before ? undefined : mayAsk)
      if (!known) return undefined
      const { token, member } = known
      const scopes = names.meaning(token.scopes, Object.keys(resource.scopes))
      const access = await external.admit({
        issuer: of.issuer,
        clientId: token.clientId,
        member,
        resource: audience,
        scopes,
      })
      const verified: VerifiedToken = {
        subject: member,
        resourceOwner: member,
        audience,
        expiresAt: token.expiresAt,
        issuedAt: token.issuedAt,
        tokenId: token.tokenId,
        boundTo: token.boundTo,
        ...access,
      }
      // The same object while nothing changed: who acts with it is remembered by it.
      if (known.last && sameAccess(known.last, verified)) return known.last
      known.last = verified
      return verified
    },
  }
}

function sameAccess(one: VerifiedToken, other: VerifiedToken): boolean {
  return (
    one.grantId === other.grantId &&
    one.scopes.join(' ') === other.scopes.join(' ') &&
    one.callers?.entries.join() === other.callers?.entries.join() &&
    JSON.stringify(one.details) === JSON.stringify(other.details)
  )
}

/**
 * By the name that the other server has for her since she signed in with it, or by her verified address in a domain the
 * settings trust it with; not when that server knows her by another name. Nobody is made a member by a token.
 */
async function memberOf(
  people: Identity['people'],
  { issuer, email_domains: domains }: ForeignIssuer,
  { subject, email }: ForeignToken,
): Promise<MemberId> {
  const linked = await people.find({ issuer, subject })
  if (linked) return linked.member
  const domain = email?.slice(email.lastIndexOf('@') + 1).toLowerCase()
  if (email && domain !== undefined && domains.includes(domain)) {
    const named = await people.find({ email, unknownTo: { issuer, subject } })
    if (named && isId('mem', named.member)) return named.member
  }
  throw new AccessWithheld(
    `${issuer} let this app in for somebody whom this Tandem does not know. They sign in here once with that account, or an administrator invites them.`,
    'resource',
  )
}
