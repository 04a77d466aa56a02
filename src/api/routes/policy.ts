import { dryRunInput, savePolicyInput } from '#contract'
import type { DecisionView, PolicyVersionView, PolicyView } from '#contract'
import { z } from 'zod'
import type { ApiDependencies } from '../dependencies.ts'
import { forAdministrators } from '../route.ts'
import type { Route } from '../route.ts'

const search = z.strictObject({
  text: z.string().trim().max(200).default(''),
  outcome: z.enum(['all', 'refused']).default('all'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})

/** The client policy: read, edited, tried out, and asked why it decided as it did. */
export function policyRoutes({ oauth, identity }: ApiDependencies): Route[] {
  const { policy } = oauth
  type Lister = Parameters<typeof identity.members.list>[0]
  const namesFor = async (actor: Lister) => {
    const names = new Map((await identity.members.list(actor)).map(({ id, name }) => [id, name] as const))
    return (id: string | null) => (id === null ? null : (names.get(id) ?? 'Somebody who left'))
  }
  return [
    forAdministrators('GET /policy', { summary: 'The client policy' }, async ({ actor }) => {
      const [view, nameOf] = await Promise.all([policy.view(), namesFor(actor)])
      return { ...view, savedBy: nameOf(view.savedBy) } satisfies PolicyView
    }),
    forAdministrators(
      'POST /policy',
      { summary: 'Save the client policy as a new version', body: savePolicyInput },
      async ({ actor, body, from }) => {
        const { member } = actor
        await policy.save(body, {
          actor: { kind: 'member', id: member, name: actor.name },
          member,
          ip: from.ip,
        })
        const [view, nameOf] = await Promise.all([policy.view(), namesFor(actor)])
        return { ...view, savedBy: nameOf(view.savedBy) } satisfies PolicyView
      },
    ),
    forAdministrators('GET /policy/versions', { summary: 'Earlier versions' }, async ({ actor }) => {
      const [versions, nameOf] = await Promise.all([policy.versions(), namesFor(actor)])
      return {
        versions: versions.map((one): PolicyVersionView => ({
          version: one.version,
          savedAt: one.savedAt?.toISOString() ?? '',
          savedBy: nameOf(one.savedBy),
          policy: one.policy,
        })),
      }
    }),
    forAdministrators(
      'POST /policy/dry-run',
      { summary: 'What a draft would change, without changing anything', body: dryRunInput },
      async ({ body }) => policy.dryRun(body),
    ),
    forAdministrators(
      'GET /policy/decisions',
      { summary: 'Why was this refused? What was decided lately, and by which rule', query: search },
      async ({ query: { text, outcome, limit } }) => {
        const found = await policy.decisions({ text, refusedOnly: outcome === 'refused', limit })
        return {
          decisions: found.map((one): DecisionView => ({
            client: { id: one.clientId, name: one.name },
            at: one.at.toISOString(),
            firstAt: one.firstAt.toISOString(),
            times: one.times,
            stage: one.stage,
            outcome: one.outcome,
            rule: one.rule,
            why: one.why,
            redirect: one.redirect,
            ip: one.ip,
            version: one.version,
          })),
        }
      },
    ),
  ]
}
