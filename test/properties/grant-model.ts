import type { GrantId } from '#foundation'
import { parts } from './world.ts'
import type { ClientName, PersonName, World } from './world.ts'

/** What should be true, in the fewest words: no sealing, no hashes, no replicas. */
export type ModelGrant = {
  id: GrantId
  client: ClientName
  person: PersonName
  scopes: readonly string[]
  alive: boolean
  /** Every refresh token of the family, the current one last. */
  refresh: string[]
  rotatedAt: number
  /** The last use of the current refresh token, after which it may idle for 30 days. */
  usedAt: number
}
export type ModelToken = {
  token: string
  grant: ModelGrant
  scopes: readonly string[]
  issuedAt: number
  revoked: boolean
}
export type ModelCode = {
  code: string
  verifier: string
  client: ClientName
  person: PersonName
  scopes: readonly string[]
  issuedAt: number
  grant: ModelGrant | null
}
export type ModelRequest = {
  id: string
  verifier: string
  client: ClientName
  person: PersonName
  scopes: readonly string[]
  at: number
}

export type Model = {
  now: number
  requests: ModelRequest[]
  codes: ModelCode[]
  grants: ModelGrant[]
  tokens: ModelToken[]
}

export const emptyModel = (world: World): Model => ({
  now: world.clock.now().getTime(),
  requests: [],
  codes: [],
  grants: [],
  tokens: [],
})

export const codeLife = 60_000
export const grace = 60_000
export const requestLife = 10 * 60_000
const tokenLife = 10 * 60_000
const idleLife = 30 * 24 * 60 * 60_000
/** Two clocks may differ by this much; what a token is worth within it is nobody's claim. */
const skew = 60_000

export function mayRefresh({ now }: Model, grant: ModelGrant): boolean {
  return grant.alive && now < grant.usedAt + idleLife
}

/** `maybe` around its end. */
export function goodFor({ now }: Model, { grant, issuedAt, revoked }: ModelToken): boolean | 'maybe' {
  if (!grant.alive || revoked) return false
  const left = issuedAt + tokenLife - now
  return Math.abs(left) <= skew ? 'maybe' : left > 0
}

/** Takes over what a token endpoint's answer gave. */
export function remember(model: Model, grant: ModelGrant, answer: Record<string, unknown>): void {
  const [token, refresh] = [String(answer['access_token']), String(answer['refresh_token'])]
  const scopes = parts(answer['scope'])
  if (!model.tokens.some((known) => known.token === token)) {
    model.tokens.push({ token, grant, scopes, issuedAt: model.now, revoked: false })
  }
  if (grant.refresh.at(-1) !== refresh) grant.refresh.push(refresh)
}
