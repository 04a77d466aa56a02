import { isId } from '#foundation'
import { z } from 'zod'
import type { ApiDependencies } from '../dependencies.ts'
import { ApiFailure } from '../errors.ts'
import { forMembers } from '../route.ts'
import type { Route } from '../route.ts'

const which = z.strictObject({ all: z.literal('1').optional() })

export function grantRoutes({ oauth }: ApiDependencies): Route[] {
  return [
    forMembers(
      'GET /grants',
      { summary: 'Apps you connected; all=1 shows administrators everybody’s', query: which },
      async ({ actor, query }) => {
        if (query.all && actor.role !== 'administrator') {
          throw new ApiFailure('forbidden', 'Only an administrator sees everybody’s connected apps')
        }
        return { grants: await oauth.grants.list(query.all ? null : actor.member) }
      },
    ),
    forMembers('DELETE /grants/:id', { summary: 'End an app’s access' }, async ({ actor, param }) => {
      const id = param('id')
      const by = { member: actor.member, administrator: actor.role === 'administrator' }
      const ended = isId('grt', id) && (await oauth.grants.end(id, by, 'ended by a person'))
      if (!ended) throw new ApiFailure('not_found', 'There is no such connected app')
    }),
  ]
}
