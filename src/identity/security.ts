import type { SecurityView } from '#contract'
import type { MemberId } from '#foundation'
import type { MemberActor } from './actor.ts'
import type { Context, Tx } from './context.ts'
import { countTry } from './context.ts'
import type { Entrance } from './entrance.ts'
import { IdentityError } from './errors.ts'
import type { Factors } from './factors/factors.ts'
import { requireFresh, requireFreshAdministrator, requireFreshMember } from './fresh.ts'
import type { Identity } from './identity.ts'
import { readMethods } from './methods.ts'
import { checkPassword } from './passwords.ts'
import type { Links } from './providers/links.ts'
import type { Provider } from './providers/presets.ts'
import { recordFactor } from './record-factor.ts'
import type { FactorEvent } from './record-factor.ts'
import { countCode, useCode, wrongCode } from './second-step.ts'
import type { Sessions } from './sessions.ts'
import { readRule, requiresSecondFactor } from './sign-in-rule.ts'
import type { IdentityTables } from './tables.ts'

type Parts = {
  sessions: Sessions
  entrance: Entrance
  factors: Factors
  links: Links
  providers: readonly Provider[]
}

/** How the signed-in member proves who she is, and changes that. */
export function createSecurity(
  context: Context,
  { sessions, entrance, factors, links, providers }: Parts,
): Identity['security'] {
  const { storage, clock } = context
  const { totp, recovery, passkeys } = factors
  const db = storage.db<IdentityTables>()

  /** Her row is locked, so that of two changes at once the second sees the first. */
  const changing = <T>(
    actor: MemberActor,
    work: (tx: Tx, say: (event: FactorEvent, name?: string) => Promise<void>) => Promise<T>,
    from = { ip: '', userAgent: null as string | null },
  ): Promise<T> =>
    storage.transaction<IdentityTables, T>(async (tx) => {
      const member = await entrance.admit(tx, actor.member)
      await requireFresh(context, tx, actor)
      return work(tx, (event, name) =>
        recordFactor(context, tx, member, event, from, name === undefined ? {} : { name }),
      )
    })

  /** The session that set a factor up has shown it: it counts as signed in with both. */
  const raise = async (tx: Tx, actor: MemberActor, methods: readonly string[]): Promise<void> => {
    const row = await tx
      .selectFrom('session')
      .select('methods')
      .where('id', '=', actor.session)
      .executeTakeFirst()
    const all = new Set([...readMethods(row?.methods ?? ''), ...methods])
    await tx
      .updateTable('session')
      .set({ methods: [...all].join(' ').trim(), confirmed_at: clock.now() })
      .where('id', '=', actor.session)
      .execute()
  }

  /** The last factor stays where the rule asks for one; without factors recovery codes mean nothing. */
  const afterRemoval = async (tx: Tx, actor: MemberActor): Promise<void> => {
    const ways = await factors.ways(tx, actor.member)
    const { passwordHash } = await entrance.admit(tx, actor.member)
    if (passwordHash === null && !ways.includes('passkey')) {
      const linked = await links.ofMember(tx, actor.member)
      if (linked.length === 0) {
        throw new IdentityError('forbidden', 'This is your only way in. Choose a password first')
      }
    }
    if (ways.length > 0) return
    if (requiresSecondFactor(await readRule(tx), actor.role)) {
      throw new IdentityError(
        'second_factor_required',
        'The administrators ask for a second factor. Set up another one before you remove this',
      )
    }
    await recovery.remove(tx, actor.member)
  }

  const passwordOf = async (member: MemberId): Promise<string | null> => {
    const row = await db
      .selectFrom('member')
      .select('password_hash')
      .where('id', '=', member)
      .executeTakeFirst()
    return row?.password_hash ?? null
  }

  return {
    async view(actor): Promise<SecurityView> {
      const app = await db
        .selectFrom('totp')
        .select('confirmed_at')
        .where('member_id', '=', actor.member)
        .executeTakeFirst()
      const linked = await links.ofMember(db, actor.member)
      return {
        hasPassword: (await passwordOf(actor.member)) !== null,
        totp: app ? { since: new Date(app.confirmed_at).toISOString() } : null,
        recoveryCodes: await recovery.count(db, actor.member),
        passkeys: await passkeys.list(db, actor.member),
        passkeysAvailable: passkeys.available,
        providers: providers.map(({ name, label, issuer }) => {
          const link = linked.find((one) => one.issuer === issuer)
          return {
            name,
            label,
            linked: link ? { email: link.email, since: new Date(link.linked_at).toISOString() } : null,
          }
        }),
        required: requiresSecondFactor(await readRule(db), actor.role),
      }
    },

    async confirm(actor, proof, from) {
      const { member } = actor
      if (proof.kind === 'password') {
        await countTry(context, [{ key: `password:${member}`, rate: { limit: 10, window: 900 } }])
        const hash = await passwordOf(member)
        if (!(await checkPassword(proof.password, hash))) {
          throw new IdentityError('wrong_password', 'That isn’t your password')
        }
      } else if (proof.kind !== 'passkey') {
        await countCode(context, member, from)
      }
      const passkey =
        proof.kind === 'passkey' ? await passkeys.check('passkey-confirm', member, proof.answer, from) : null
      await storage.transaction<IdentityTables, void>(async (tx) => {
        await entrance.admit(tx, member)
        const shown =
          proof.kind === 'password'
            ? ['pwd']
            : proof.kind === 'passkey'
              ? (passkey?.methods ?? [])
              : await useCode(factors, tx, member, proof)
        await raise(tx, actor, shown)
        const who = { id: member, name: actor.name }
        await recordFactor(context, tx, who, 'session.confirmed', from, { methods: shown.join(' ') })
      })
      sessions.forget(member)
    },
    requireConfirmed: (actor) =>
      storage.transaction<IdentityTables, void>(async (tx) => {
        if (actor.role === 'administrator') await requireFreshAdministrator(context, tx, actor)
        else await requireFreshMember(context, tx, actor)
      }),
    confirmOptions: (actor, from) => passkeys.ask('passkey-confirm', actor.member, from),

    draftTotp: (actor) =>
      changing(actor, async (tx) => {
        const { email } = await entrance.admit(tx, actor.member)
        return totp.draft(tx, actor.member, email)
      }),
    async confirmTotp(actor, code, from) {
      await countCode(context, actor.member, from)
      const recoveryCodes = await changing(
        actor,
        async (tx, say) => {
          if (!(await totp.confirm(tx, actor.member, code))) throw wrongCode()
          await say('totp.added')
          await raise(tx, actor, ['otp'])
          return factors.firstCodes(tx, actor.member)
        },
        from,
      )
      sessions.forget(actor.member)
      return { recoveryCodes }
    },
    removeTotp: (actor, from) =>
      changing(
        actor,
        async (tx, say) => {
          if (!(await totp.remove(tx, actor.member))) {
            throw new IdentityError('not_found', 'There is no authenticator app to remove')
          }
          await afterRemoval(tx, actor)
          await say('totp.removed')
        },
        from,
      ),
    renewRecoveryCodes: (actor, from) =>
      changing(
        actor,
        async (tx, say) => {
          if ((await factors.ways(tx, actor.member)).length === 0) {
            throw new IdentityError('not_found', 'Recovery codes come with a second factor')
          }
          await say('recovery_codes.renewed')
          return recovery.renew(tx, actor.member)
        },
        from,
      ),

    async passkeyOptions(actor, from) {
      const { email } = await changing(actor, (tx) => entrance.admit(tx, actor.member))
      return passkeys.addOptions({ member: actor.member, name: actor.name, email }, from)
    },
    async addPasskey(actor, { name, answer }, from) {
      const made = await passkeys.checkNew(actor.member, answer, from)
      const added = await changing(
        actor,
        async (tx, say) => {
          const { view, methods } = await passkeys.add(tx, actor.member, name, made)
          await say('passkey.added', name)
          await raise(tx, actor, methods)
          return { passkey: view, recoveryCodes: await factors.firstCodes(tx, actor.member) }
        },
        from,
      )
      sessions.forget(actor.member)
      return added
    },
    async renamePasskey(actor, id, name) {
      if (!(await passkeys.rename(actor.member, id, name))) throw noPasskey()
    },
    removePasskey: (actor, id, from) =>
      changing(
        actor,
        async (tx, say) => {
          const [name] = await passkeys.remove(tx, actor.member, id)
          if (name === undefined) throw noPasskey()
          await afterRemoval(tx, actor)
          await say('passkey.removed', name)
        },
        from,
      ),
  }
}

const noPasskey = () => new IdentityError('not_found', 'There is no such passkey')
