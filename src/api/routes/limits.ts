import type { RateFigure } from '#contract'
import type { ApiDependencies } from '../dependencies.ts'
import { forAdministrators } from '../route.ts'
import type { Route } from '../route.ts'

const shown = 50

export function limitRoutes({ oauth, audit, limits: { rates } }: ApiDependencies): Route[] {
  const figures: RateFigure[] = [
    { name: 'calls', what: 'Calls of an app at /mcp and /api', by: 'grant', ...rates.calls },
    {
      name: 'strangers',
      what: 'Calls at /mcp and /api without a good token',
      by: 'address',
      ...rates.strangers,
    },
    ...oauth.limits(),
  ]
  return [
    forAdministrators(
      'GET /limits',
      { summary: 'The rate limits, and who reached one lately' },
      async () => ({
        figures,
        reached: await audit.search({ event: 'rate_limit.reached' }, { limit: shown }),
      }),
    ),
  ]
}
