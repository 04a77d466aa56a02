import type { MemberId } from '#foundation'
import type { MemberActor } from './actor.ts'
import type { Context, Tx } from './context.ts'
import { byMember, record, requireAdministrator, untyped } from './context.ts'
import { IdentityError } from './errors.ts'
import type { Factors } from './factors/factors.ts'
import { requireFreshAdministrator } from './fresh.ts'
import type { Identity } from './identity.ts'
import { isStrong } from './methods.ts'
import type { Provider } from './providers/presets.ts'
import type { Sessions } from './sessions.ts'
import { endWeakSessions, readRule } from './sign-in-rule.ts'
import type { IdentityTables } from './tables.ts'

/** Where everybody can have an address: such a domain says nothing about who somebody is. */
const publicDomains = new Set(
  `gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com ymail.com icloud.com me.com mac.com
   aol.com proton.me protonmail.com gmx.com gmx.de gmx.net web.de mail.com mail.ru yandex.ru yandex.com qq.com 163.com
   126.com zoho.com fastmail.com hey.com`.split(/\s+/),
)

type Parts = { sessions: Sessions; factors: Factors; providers: readonly Provider[] }

/** The administrators' rules for signing in. */
export function createRules(context: Context, { sessions, factors, providers }: Parts): Identity['rules'] {
  const { storage } = context
  const db = storage.db<IdentityTables>()

  const changing = <T>(
    actor: MemberActor,
    work: (tx: Tx, methods: ReadonlySet<string>) => Promise<T>,
  ): Promise<T> =>
    storage.transaction<IdentityTables, T>(async (tx) => {
      const { methods } = await requireFreshAdministrator(context, tx, actor)
      return work(tx, methods)
    })

  return {
    async read(actor) {
      requireAdministrator(actor)
      return {
        secondFactor: await readRule(db),
        providers: providers.map(({ name, label }) => ({ name, label })),
        domains: await db
          .selectFrom('joining_domain')
          .selectAll()
          .orderBy('domain')
          .orderBy('provider')
          .execute(),
      }
    },

    async setSecondFactor(actor, rule, from) {
      requireAdministrator(actor)
      const ended = await changing(actor, async (tx, methods): Promise<Set<MemberId>> => {
        // A factor that was removed since doesn't count; a provider that asks for several keeps its own.
        const ownFactor = methods.has('fedmfa') || (await factors.ways(tx, actor.member)).length > 0
        if (rule !== 'optional' && !(isStrong(methods) && ownFactor)) {
          throw new IdentityError(
            'own_factor_first',
            'Set up a second factor for your own account first, and sign in with it',
          )
        }
        await tx.updateTable('sign_in_rule').set({ second_factor: rule }).execute()
        const members = await endWeakSessions(tx, sessions, rule)
        await storage.publish(untyped(tx), 'sign_in_rule.changed', {})
        await record(context, tx, {
          event: 'sign_in_rule.changed',
          outcome: 'ok',
          actor: byMember(actor),
          ip: from.ip,
          detail: { secondFactor: rule },
        })
        return members
      })
      for (const member of ended) sessions.forget(member)
    },

    async setDomain(actor, { domain, provider, joins, links }, from) {
      requireAdministrator(actor)
      if (!providers.some(({ name }) => name === provider)) {
        throw new IdentityError('not_found', 'There is no such provider')
      }
      if (publicDomains.has(domain)) {
        throw new IdentityError('forbidden', `Anybody can have an address at ${domain}`)
      }
      await changing(actor, async (tx) => {
        await tx
          .insertInto('joining_domain')
          .values({ domain, provider, joins, links })
          .onConflict((conflict) => conflict.columns(['domain', 'provider']).doUpdateSet({ joins, links }))
          .execute()
        await record(context, tx, {
          event: 'joining_domain.set',
          outcome: 'ok',
          actor: byMember(actor),
          ip: from.ip,
          detail: { domain, provider, joins, links },
        })
      })
    },

    async removeDomain(actor, { domain, provider }, from) {
      requireAdministrator(actor)
      await changing(actor, async (tx) => {
        const removed = await tx
          .deleteFrom('joining_domain')
          .where('domain', '=', domain)
          .where('provider', '=', provider)
          .returning('domain')
          .executeTakeFirst()
        if (!removed) throw new IdentityError('not_found', 'There is no such domain')
        await record(context, tx, {
          event: 'joining_domain.removed',
          outcome: 'ok',
          actor: byMember(actor),
          ip: from.ip,
          detail: { domain, provider },
        })
      })
    },
  }
}
