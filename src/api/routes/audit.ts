import { z } from 'zod'
import type { ApiDependencies } from '../dependencies.ts'
import { forAdministrators } from '../route.ts'
import type { Route } from '../route.ts'

const page = z.strictObject({
  before: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})

export function auditRoutes({ audit }: ApiDependencies): Route[] {
  return [
    forAdministrators(
      'GET /audit',
      { summary: 'What happened, newest first', query: page },
      async ({ query: { limit, before } }) => ({
        entries: await audit.list({ limit, ...(before === undefined ? {} : { before }) }),
      }),
    ),
  ]
}
