import { randomBytes } from 'node:crypto'
import { hashSecret, seal, unseal } from '#foundation'
import type { MemberId } from '#foundation'
import type { Kysely } from '#storage'
import type { Context } from './context.ts'
import type { From } from './identity.ts'
import type { IdentityTables } from './tables.ts'

/** A sign-in under way. What is remembered of each kind. */
export type CeremonyData = {
  /** The first step is done; another is due. */
  'second-step': Arriving
  /** The first step is done; a second factor has to be set up before she is in. */
  enrol: Arriving
  /** A challenge for a passkey of whoever comes. */
  'passkey-sign-in': null
  /** A challenge for one of this member's passkeys, as her second step. */
  'passkey-step': null
  /** A challenge for a new passkey. */
  'passkey-add': null
  /** A challenge for a passkey that confirms who is at a session. */
  'passkey-confirm': null
  /** On the way to a provider and back. */
  provider: { provider: string; verifier: string; nonce: string; next: string; connect: string | null }
  /** A provider vouched for an address of a member who hasn't said yet that both are hers. */
  link: { provider: string; issuer: string; subject: string; email: string }
}
export type CeremonyKind = keyof CeremonyData

/** Who passed the first step, how, and what to do once she is in. */
export type Arriving = {
  methods: readonly string[]
  provider: string | null
  /** The handle of a {@link CeremonyData.link} to finish. */
  link: string | null
}

export type Ceremonies = ReturnType<typeof createCeremonies>
type On = Kysely<IdentityTables>

/**
 * Every sign-in under way is one row: found only by its unguessable handle together with a cookie of the browser
 * that began it, gone once taken, and over after minutes (attacks C1, C2).
 */
export function createCeremonies({ clock, cookies, keys }: Context) {
  const browserOf = (from: From): string | null => {
    const secret = cookies.ceremony.read(from.cookies)
    return secret !== null && /^[\w-]{43}$/.test(secret) ? secret : null
  }
  const matching = <K extends CeremonyKind>(kind: K, handle: string, from: From) => ({
    key_hash: hashSecret(`${kind} ${handle}`),
    browser_hash: hashSecret(browserOf(from) ?? ''),
  })
  const opened = <K extends CeremonyKind>(
    row: { key_hash: string; member_id: MemberId | null; sealed: string } | undefined,
  ): { member: MemberId | null; data: CeremonyData[K] } | null =>
    row
      ? // Sealed for this very row by us: what comes out is what went in.
        {
          member: row.member_id,
          data: JSON.parse(unseal(keys.ceremony, row.sealed, row.key_hash)) as CeremonyData[K],
        }
      : null

  return {
    /** Begins one; several tabs of a browser may each have theirs. `handle` is new unless given. */
    async open<K extends CeremonyKind>(
      on: On,
      {
        kind,
        member = null,
        data,
        minutes,
        from,
        handle = randomBytes(32).toString('base64url'),
      }: {
        kind: K
        member?: MemberId | null
        data: CeremonyData[K]
        minutes: number
        from: From
        handle?: string
      },
    ): Promise<{ handle: string; cookie: string }> {
      const now = clock.now()
      const browser = browserOf(from) ?? randomBytes(32).toString('base64url')
      const key_hash = hashSecret(`${kind} ${handle}`)
      await on.deleteFrom('ceremony').where('expires_at', '<', now).execute()
      await on
        .insertInto('ceremony')
        .values({
          key_hash,
          kind,
          browser_hash: hashSecret(browser),
          member_id: member,
          sealed: seal(keys.ceremony, JSON.stringify(data), key_hash),
          expires_at: new Date(now.getTime() + minutes * 60_000),
        })
        .execute()
      return { handle, cookie: cookies.ceremony.set(browser) }
    },

    async look<K extends CeremonyKind>(on: On, kind: K, handle: string, from: From) {
      const { key_hash, browser_hash } = matching(kind, handle, from)
      const row = await on
        .selectFrom('ceremony')
        .selectAll()
        .where('key_hash', '=', key_hash)
        .where('browser_hash', '=', browser_hash)
        .where('expires_at', '>', clock.now())
        .executeTakeFirst()
      return opened<K>(row)
    },

    /** Takes it: of two at once, one gets it. */
    async take<K extends CeremonyKind>(on: On, kind: K, handle: string, from: From) {
      const { key_hash, browser_hash } = matching(kind, handle, from)
      const row = await on
        .deleteFrom('ceremony')
        .where('key_hash', '=', key_hash)
        .where('browser_hash', '=', browser_hash)
        .where('expires_at', '>', clock.now())
        .returningAll()
        .executeTakeFirst()
      return opened<K>(row)
    },

    /** Nothing that a member began outlives a change of what proves who she is. */
    async endAllOf(on: On, member: MemberId): Promise<void> {
      await on.deleteFrom('ceremony').where('member_id', '=', member).execute()
    },
  }
}
