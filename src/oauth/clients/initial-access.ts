import type { AuditEntry } from '#audit'
import type { InitialAccessTokenView } from '#contract'
import { hashSecret, newId, newSecret } from '#foundation'
import type { Clock, Id } from '#foundation'
import { OAuthError } from '../errors.ts'
import type { By } from './client-entry.ts'
import { initialAccessTokenView } from './view-client.ts'

/** Lets somebody register clients (RFC 7591 §3: initial access token). Kept as a hash. */
export type InitialAccessToken = {
  id: Id<'iat'>
  /** For the administrator: whom it was given to. */
  note: string
  mostUses: number
  uses: number
  createdAt: Date
  createdBy: string | null
  expiresAt: Date
  lastUsedAt: Date | null
  withdrawnAt: Date | null
}

export interface InitialAccessStore {
  add(token: InitialAccessToken, hash: string, entry: AuditEntry): Promise<void>
  /** Newest first. */
  list(limit: number): Promise<InitialAccessToken[]>
  /** False when there is none, or it was withdrawn before. */
  withdraw(id: string, at: Date, entry: AuditEntry): Promise<boolean>
  /** Whether it could be used now. Using it is part of adding a client: one statement. */
  isGood(hash: string, at: Date): Promise<boolean>
}

export type NewInitialAccessToken = { note: string; uses: number; days: number }
export type InitialAccess = {
  /** The token is shown this once. */
  create(input: NewInitialAccessToken, by: By): Promise<{ token: string; view: InitialAccessTokenView }>
  /** Newest first. */
  list(): Promise<InitialAccessTokenView[]>
  /** False when there is none, or it was withdrawn before. */
  withdraw(id: string, by: By): Promise<boolean>
}

const day = 24 * 60 * 60 * 1000
const mostListed = 500

/** What administrators do with initial access tokens. */
export function createInitialAccess({
  store,
  clock,
}: {
  store: InitialAccessStore
  clock: Clock
}): InitialAccess {
  return {
    async create({ note, uses, days }, by) {
      const token = newSecret('iat')
      const createdAt = clock.now()
      const initial: InitialAccessToken = {
        id: newId('iat'),
        note,
        mostUses: uses,
        uses: 0,
        createdAt,
        createdBy: by.member ?? null,
        expiresAt: new Date(createdAt.getTime() + days * day),
        lastUsedAt: null,
        withdrawnAt: null,
      }
      await store.add(initial, hashSecret(token), entryOf('initial_access_token.created', initial.id, by))
      return { token, view: initialAccessTokenView(initial, createdAt) }
    },
    async list() {
      const now = clock.now()
      return (await store.list(mostListed)).map((token) => initialAccessTokenView(token, now))
    },
    withdraw: (id, by) => store.withdraw(id, clock.now(), entryOf('initial_access_token.withdrawn', id, by)),
  }
}

/** The token a registration presents (RFC 6750 §2.1), hashed; null when it presents none. */
export function presentedToken(request: Request): string | null {
  const authorization = request.headers.get('authorization')
  if (authorization === null) return null
  const token = /^bearer +([\x21-\x7e]{1,500})$/i.exec(authorization)?.[1]
  if (!token) throw badToken('The Authorization header is not a bearer token')
  return hashSecret(token)
}

/** RFC 6750 §3: 401 with the challenge; `error` only when a token was there to be wrong. */
export function badToken(why: string, presented = true): OAuthError {
  const challenge = presented ? 'Bearer error="invalid_token"' : 'Bearer'
  return new OAuthError('invalid_token', why, { headers: { 'WWW-Authenticate': challenge } })
}

function entryOf(event: string, id: string, by: By): AuditEntry {
  const { actor, ip } = by
  const subject = { kind: 'initial_access_token', id }
  return { event, outcome: 'ok', actor, subject, ...(ip === undefined ? {} : { ip }) }
}
