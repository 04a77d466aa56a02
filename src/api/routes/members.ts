import { acceptInput, inviteInput } from '#contract'
import { isId } from '#foundation'
import { z } from 'zod'
import type { ApiDependencies } from '../dependencies.ts'
import { ApiFailure } from '../errors.ts'
import { forAdministrators, forAnyone, forMembers } from '../route.ts'
import type { Route } from '../route.ts'
import { enteredResponse } from './entered.ts'

const changeInput = z
  .strictObject({ active: z.boolean(), role: z.enum(['administrator', 'member']) })
  .partial()
const lookInput = z.strictObject({ token: z.string().max(200) })

export function memberRoutes({ identity, issuer }: ApiDependencies): Route[] {
  const { members, invitations } = identity
  return [
    forMembers('GET /members', { summary: 'The workspace’s members' }, async ({ actor }) => ({
      members: await members.list(actor),
    })),
    forAdministrators(
      'PATCH /members/:id',
      { summary: 'Change a member’s role, or disable the member', body: changeInput },
      async ({ actor, param, body: { active, role }, from }) => {
        const id = param('id')
        if (!isId('mem', id)) throw new ApiFailure('not_found', 'There is no such member')
        const to = { ...(active === undefined ? {} : { active }), ...(role === undefined ? {} : { role }) }
        return { member: await members.change(actor, id, to, from) }
      },
    ),
    forAdministrators(
      'POST /members/:id/reset-factors',
      { summary: 'Take away a member’s second factors and end her sessions' },
      async ({ actor, param, from }) => {
        const id = param('id')
        if (!isId('mem', id)) throw new ApiFailure('not_found', 'There is no such member')
        await members.resetFactors(actor, id, from)
      },
    ),
    forAdministrators('GET /invitations', { summary: 'Invitations that still work' }, async ({ actor }) => ({
      invitations: await invitations.list(actor),
    })),
    forAdministrators(
      'POST /invitations',
      { summary: 'Invite somebody; the link is shown once', body: inviteInput },
      async ({ actor, body, from }) => {
        const { invitation, token } = await invitations.create(actor, body, from)
        // In the fragment: no server log, proxy log or Referer ever holds it.
        return { invitation, link: `${issuer}/join#token=${token}` }
      },
    ),
    forAdministrators('DELETE /invitations/:id', { summary: 'Withdraw' }, async ({ actor, param, from }) => {
      const id = param('id')
      if (!isId('inv', id)) throw new ApiFailure('not_found', 'There is no such invitation')
      await invitations.withdraw(actor, id, from)
    }),
    forAnyone(
      'POST /invitations/look-up',
      { summary: 'What an invitation says', body: lookInput },
      async ({ body, from }) => invitations.look(body.token, from),
    ),
    forAnyone(
      'POST /invitations/accept',
      { summary: 'Accept an invitation', body: acceptInput },
      async ({ body, request, from }) => enteredResponse(await invitations.accept(body, request, from)),
    ),
  ]
}
