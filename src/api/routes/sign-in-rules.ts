import { joiningDomainInput, rulesInput } from '#contract'
import type { ApiDependencies } from '../dependencies.ts'
import { forAdministrators } from '../route.ts'
import type { Route } from '../route.ts'

/** The administrators' rules for signing in. */
export function signInRuleRoutes({ identity }: ApiDependencies): Route[] {
  const { rules } = identity
  return [
    forAdministrators('GET /sign-in-rules', { summary: 'Rules for signing in' }, async ({ actor }) =>
      rules.read(actor),
    ),
    forAdministrators(
      'PATCH /sign-in-rules',
      { summary: 'Whom to ask for a second factor', body: rulesInput },
      async ({ actor, body, from }) => rules.setSecondFactor(actor, body.secondFactor, from),
    ),
    forAdministrators(
      'POST /sign-in-rules/domains',
      { summary: 'What a provider’s word is worth for a domain’s addresses', body: joiningDomainInput },
      async ({ actor, body, from }) => rules.setDomain(actor, body, from),
    ),
    forAdministrators(
      'DELETE /sign-in-rules/domains/:provider/:domain',
      { summary: 'Forget a domain' },
      async ({ actor, param, from }) =>
        rules.removeDomain(actor, { provider: param('provider'), domain: param('domain') }, from),
    ),
  ]
}
