import { approvalInput } from '#contract'
import type { ApprovalView } from '#contract'
import type { ApiDependencies } from '../dependencies.ts'
import { forAdministrators } from '../route.ts'
import type { Route } from '../route.ts'

/** Apps that wait for an administrator, and what she decides. */
export function approvalRoutes({ oauth, identity }: ApiDependencies): Route[] {
  const { approvals } = oauth
  return [
    forAdministrators(
      'GET /approvals',
      { summary: 'Apps that wait for an administrator' },
      async ({ actor }) => {
        const [list, members] = await Promise.all([approvals.list(), identity.members.list(actor)])
        const names = new Map(members.map(({ id, name }) => [id, name] as const))
        return {
          approvals: list.map(({ asked, ...one }): ApprovalView => ({
            ...one,
            asked: asked.map(({ member, ...request }) => ({
              ...request,
              person: names.get(member) ?? 'Somebody who left',
            })),
          })),
        }
      },
    ),
    forAdministrators('GET /approvals/count', { summary: 'How many wait' }, async () => ({
      count: await approvals.count(),
    })),
    forAdministrators(
      'POST /approvals/decision',
      { summary: 'Approve, refuse, block or reconsider an app as it was seen', body: approvalInput },
      async ({ actor, body, from }) => {
        const { member } = actor
        await approvals.decide(body, {
          actor: { kind: 'member', id: member, name: actor.name },
          member,
          ip: from.ip,
        })
      },
    ),
  ]
}
