import type { Context } from './context.ts'
import { countTry, keyOf } from './context.ts'
import { addressKey, sameSecret } from '#foundation'
import type { Entrance } from './entrance.ts'
import { IdentityError } from './errors.ts'
import type { Factors } from './factors/factors.ts'
import type { Identity } from './identity.ts'
import { checkPassword } from './passwords.ts'
import type { Links } from './providers/links.ts'
import type { IdentityTables } from './tables.ts'

const window = 15 * 60
// Per address *and* account, so that a stranger can't lock the owner out from elsewhere;
// per account over all addresses, against a spread-out guess; per address, against a sweep.
const perPair = { limit: 10, window }
const perAccount = { limit: 100, window }
const perAddress = { limit: 100, window }

type Parts = { entrance: Entrance; factors: Factors; links: Links }

/** The first step: with a password, or with a passkey that is the only one. */
export function createSignIn(
  context: Context,
  { entrance, factors, links }: Parts,
): { password: Identity['sessions']['start']; passkeys: Identity['passkeys'] } {
  const { storage, audit } = context
  const db = storage.db<IdentityTables>()
  const wrong = () => new IdentityError('wrong_password', 'That email and password don’t match')

  return {
    async password({ email, password, link = null }, request, from) {
      const account = keyOf(email)
      const address = addressKey(from.ip)
      await countTry(context, [
        { key: `ip:${address}`, rate: perAddress },
        { key: `pair:${address}:${account}`, rate: perPair },
        { key: `account:${account}`, rate: perAccount },
      ])
      const found = await db.selectFrom('member').selectAll().where('email', '=', email).executeTakeFirst()
      const right = await checkPassword(password, found?.password_hash)
      if (!found || !right || !found.active) {
        audit.note({
          event: 'session.refused',
          outcome: 'refused',
          actor: { kind: 'anonymous' },
          ...(found ? { subject: { kind: 'member', id: found.id, name: found.name } } : {}),
          ip: from.ip,
          detail: { reason: !found ? 'unknown email' : right ? 'disabled member' : 'wrong password' },
        })
        throw wrong()
      }
      if (link !== null) await links.check(found, link, from)
      return entrance.through(request, from, async (tx, visit) => {
        const { passwordHash, ...member } = await entrance.admit(tx, found.id)
        // Changed while this one was being checked.
        if (!sameSecret(passwordHash ?? '', found.password_hash ?? '')) throw wrong()
        return entrance.arrive(tx, member, { methods: ['pwd'], provider: null, link }, visit)
      })
    },
    passkeys: {
      async signInOptions(from) {
        await countTry(context, [{ key: `passkey-ask:${addressKey(from.ip)}`, rate: { limit: 600, window } }])
        return factors.passkeys.ask('passkey-sign-in', null, from)
      },
      async signIn({ answer, link = null }, request, from) {
        await countTry(context, [{ key: `passkey:${addressKey(from.ip)}`, rate: perAddress }])
        const used = await factors.passkeys.check('passkey-sign-in', null, answer, from).catch((error) => {
          audit.note({
            event: 'session.refused',
            outcome: 'refused',
            actor: { kind: 'anonymous' },
            ip: from.ip,
            detail: { reason: 'passkey refused' },
          })
          throw error
        })
        if (link !== null) await links.check({ id: used.member }, link, from)
        return entrance.through(request, from, async (tx, visit) => {
          const { passwordHash: _, ...member } = await entrance.admit(tx, used.member)
          return entrance.arrive(tx, member, { methods: used.methods, provider: null, link }, visit)
        })
      },
    },
  }
}
