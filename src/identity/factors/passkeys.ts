import { randomBytes } from 'node:crypto'
import { isIP } from 'node:net'
import type { WebAuthnCredential } from '@simplewebauthn/server'
import type { NewPasskeyAnswer, PasskeyAnswer, PasskeyView } from '#contract'
import { newId } from '#foundation'
import type { Id, MemberId } from '#foundation'
import type { Kysely } from '#storage'
import type { Ceremonies } from '../ceremonies.ts'
import type { Context, Tx } from '../context.ts'
import { IdentityError } from '../errors.ts'
import type { From, PasskeyOptions } from '../identity.ts'
import type { Method } from '../methods.ts'
import type { IdentityTables } from '../tables.ts'
import { withoutAttestation } from './attestation.ts'
import { challengeOf, transportsOf } from './passkey-json.ts'

const minutes = 5
/** EdDSA, ES256, RS256 (RFC 9053 §2, RFC 8812 §2): what devices make, and every Node checks. */
const algorithms = [-8, -7, -257]
const most = 20

export type UsedPasskey = { id: Id<'psk'>; member: MemberId; methods: Method[] }
type MadePasskey = { credential: WebAuthnCredential; synced: boolean; userVerified: boolean }
type Asking = 'passkey-sign-in' | 'passkey-step' | 'passkey-confirm'

/** Loaded with the first passkey that is used, not at every start. */
const library = () => import('@simplewebauthn/server')

const refused = () =>
  new IdentityError('passkey_refused', 'That passkey didn’t work. Try again, or use another way')

/** Passkeys (Web Authentication, Level 3). The relying party is this install's own host name (WebAuthn §5.1.3). */
export function createPasskeys({ storage, clock, issuer, log }: Context, ceremonies: Ceremonies) {
  const db = storage.db<IdentityTables>()
  const { hostname, origin } = new URL(issuer)
  const available = isIP(hostname.replace(/^\[|\]$/g, '')) === 0
  const requireAvailable = () => {
    if (available) return
    throw new IdentityError(
      'passkeys_unavailable',
      'Passkeys need a host name, and this Tandem is reached by a bare IP address',
    )
  }
  const credentialsOf = async (member: MemberId) => {
    const rows = await db
      .selectFrom('passkey')
      .select(['credential_id', 'transports'])
      .where('member_id', '=', member)
      .execute()
    return rows.map((row) => ({ id: row.credential_id, transports: transportsOf(row.transports) }))
  }

  return {
    available,

    /** A challenge that only this browser may answer, once, within five minutes. `member` null: whoever comes. */
    async ask(kind: Asking, member: MemberId | null, from: From): Promise<PasskeyOptions> {
      requireAvailable()
      const allowed = member === null ? [] : await credentialsOf(member)
      // WebAuthn §5.1.9, PublicKeyCredentialRequestOptionsJSON. By hand: every sign-in page asks for one, and the
      // library is large.
      const options = {
        challenge: randomBytes(32).toString('base64url'),
        timeout: minutes * 60_000,
        rpId: hostname,
        allowCredentials: allowed.map((credential) => ({ ...credential, type: 'public-key' })),
        // By itself a passkey is the whole sign-in, so the device must have checked the person too.
        userVerification: member === null ? 'required' : 'preferred',
      }
      const { challenge: handle } = options
      const { cookie } = await ceremonies.open(db, { kind, member, data: null, minutes, from, handle })
      return { options, cookie }
    },

    /** Checks an answer (WebAuthn §7.2). The challenge is used up whatever comes of it. */
    async check(
      kind: Asking,
      member: MemberId | null,
      answer: PasskeyAnswer,
      from: From,
    ): Promise<UsedPasskey> {
      const challenge = challengeOf(answer)
      const asked = await ceremonies.take(db, kind, challenge, from)
      if (!asked || asked.member !== member) throw refused()
      const row = await db
        .selectFrom('passkey')
        .selectAll()
        .where('credential_id', '=', answer.id)
        .executeTakeFirst()
      if (!row || (member !== null && row.member_id !== member)) throw refused()
      // WebAuthn §7.2 step 6: the user handle, which a passkey that named its person has to bring, is hers.
      const { userHandle } = answer.response
      const named = userHandle ? Buffer.from(userHandle, 'base64url').toString() : null
      if (named === null ? member === null : named !== row.member_id) throw refused()
      const { userHandle: _, ...response } = answer.response
      const { verifyAuthenticationResponse } = await library()
      const verified = await verifyAuthenticationResponse({
        response: { ...answer, response },
        expectedChallenge: challenge,
        expectedOrigin: origin,
        expectedRPID: hostname,
        requireUserVerification: member === null,
        credential: {
          id: row.credential_id,
          publicKey: Uint8Array.from(Buffer.from(row.public_key, 'base64url')),
          counter: row.counter,
        },
      }).catch((error: unknown) => {
        log.info({ err: error, passkey: row.id }, 'a passkey was refused')
        return null
      })
      if (!verified?.verified) throw refused()
      const { newCounter, userVerified } = verified.authenticationInfo
      // WebAuthn §7.2 step 22: a counter that doesn't grow is a copy's. Of two answers at once one may move it.
      const counted = await db
        .updateTable('passkey')
        .set({ counter: newCounter, last_used_at: clock.now() })
        .where('id', '=', row.id)
        .where('counter', '=', row.counter)
        .returning('id')
        .executeTakeFirst()
      if (!counted) throw refused()
      const held: Method = row.synced ? 'swk' : 'hwk'
      return { id: row.id, member: row.member_id, methods: userVerified ? [held, 'uv'] : [held] }
    },

    async addOptions(
      who: { member: MemberId; name: string; email: string },
      from: From,
    ): Promise<PasskeyOptions> {
      requireAvailable()
      const { generateRegistrationOptions } = await library()
      const options = await generateRegistrationOptions({
        rpName: 'Tandem',
        rpID: hostname,
        userID: Uint8Array.from(Buffer.from(who.member)),
        userName: who.email,
        userDisplayName: who.name,
        timeout: minutes * 60_000,
        attestationType: 'none',
        supportedAlgorithmIDs: algorithms,
        excludeCredentials: await credentialsOf(who.member),
        authenticatorSelection: { residentKey: 'required', userVerification: 'preferred' },
      })
      const { cookie } = await ceremonies.open(db, {
        kind: 'passkey-add',
        member: who.member,
        data: null,
        minutes,
        from,
        handle: options.challenge,
      })
      return { options, cookie }
    },

    /** Checks a new passkey (WebAuthn §7.1). Store it with {@link add}. */
    async checkNew(member: MemberId, answer: NewPasskeyAnswer, from: From): Promise<MadePasskey> {
      const challenge = challengeOf(answer)
      const asked = await ceremonies.take(db, 'passkey-add', challenge, from)
      if (asked?.member !== member) throw refused()
      const { verifyRegistrationResponse } = await library()
      const check = async (attestationObject: string) =>
        verifyRegistrationResponse({
          response: {
            ...answer,
            response: {
              ...answer.response,
              attestationObject,
              transports: transportsOf(answer.response.transports.join(' ')),
            },
          },
          expectedChallenge: challenge,
          expectedOrigin: origin,
          expectedRPID: hostname,
          requireUserVerification: false,
          supportedAlgorithmIDs: algorithms,
        })
      const verified = await withoutAttestation(answer.response.attestationObject)
        .then(check)
        .catch((error: unknown) => {
          log.info({ err: error, member }, 'a new passkey was refused')
          return null
        })
      if (!verified?.verified) throw refused()
      const { credential, credentialDeviceType, userVerified } = verified.registrationInfo
      return { credential, synced: credentialDeviceType === 'multiDevice', userVerified }
    },

    async add(
      tx: Tx,
      member: MemberId,
      name: string,
      { credential, synced, userVerified }: MadePasskey,
    ): Promise<{ view: PasskeyView; methods: Method[] }> {
      const held = await tx.selectFrom('passkey').select('id').where('member_id', '=', member).execute()
      if (held.length >= most) {
        throw new IdentityError('forbidden', `${most} passkeys are the most. Remove one that you don’t use`)
      }
      const row = {
        id: newId('psk'),
        credential_id: credential.id,
        member_id: member,
        name,
        public_key: Buffer.from(credential.publicKey).toString('base64url'),
        counter: credential.counter,
        transports: (credential.transports ?? []).join(' '),
        synced,
        created_at: clock.now(),
        last_used_at: null,
      }
      // WebAuthn §7.1 step 26: a credential belongs to one account.
      const added = await tx
        .insertInto('passkey')
        .values(row)
        .onConflict((conflict) => conflict.column('credential_id').doNothing())
        .returning('id')
        .executeTakeFirst()
      if (!added) throw refused()
      return {
        view: viewOf(row),
        methods: [synced ? 'swk' : 'hwk', ...(userVerified ? (['uv'] as const) : [])],
      }
    },

    async list(on: Kysely<IdentityTables>, member: MemberId): Promise<PasskeyView[]> {
      const rows = await on
        .selectFrom('passkey')
        .select(['id', 'name', 'synced', 'created_at', 'last_used_at'])
        .where('member_id', '=', member)
        .orderBy('created_at')
        .orderBy('id')
        .execute()
      return rows.map(viewOf)
    },

    async rename(member: MemberId, id: Id<'psk'>, name: string): Promise<boolean> {
      const renamed = await db
        .updateTable('passkey')
        .set({ name })
        .where('id', '=', id)
        .where('member_id', '=', member)
        .returning('id')
        .executeTakeFirst()
      return renamed !== undefined
    },

    /** Resolves to the name of what was removed. */
    async remove(tx: Tx, member: MemberId, id?: Id<'psk'>): Promise<string[]> {
      let query = tx.deleteFrom('passkey').where('member_id', '=', member)
      if (id) query = query.where('id', '=', id)
      return (await query.returning('name').execute()).map(({ name }) => name)
    },
  }
}

type Row = Pick<IdentityTables['passkey'], 'id' | 'name' | 'synced' | 'created_at' | 'last_used_at'>

function viewOf(row: Row): PasskeyView {
  return {
    id: row.id,
    name: row.name,
    synced: row.synced,
    createdAt: new Date(row.created_at).toISOString(),
    lastUsedAt: row.last_used_at === null ? null : new Date(row.last_used_at).toISOString(),
  }
}
