import { grantKinds, grantNarrowing, grantStates } from '#contract'
import { isId } from '#foundation'
import type { GrantId, MemberId } from '#foundation'
import type { From, MemberActor } from '#identity'
import { z } from 'zod'
import type { ApiDependencies } from '../dependencies.ts'
import { given } from '../body.ts'
import { ApiFailure } from '../errors.ts'
import { forAdministrators, forMembers } from '../route.ts'
import type { Route } from '../route.ts'

const memberInput = z.custom<MemberId>((value) => isId('mem', value), 'This is not the id of a member')
const grantInput = z.custom<GrantId>((value) => isId('grt', value), 'This is not the id of a grant')
const listInput = z.strictObject({ all: z.literal('1').optional() })
const searchInput = z.strictObject({
  text: z.string().trim().min(1).max(200).optional(),
  member: memberInput.optional(),
  client: z.string().min(1).max(2000).optional(),
  kind: z.enum(grantKinds).optional(),
  state: z.enum(grantStates).optional(),
  after: z.string().max(64).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})
const reason = z.string().trim().min(1).max(300).default('An administrator ended it.')
const endInput = z.union([
  z.strictObject({ ids: z.array(grantInput).min(1).max(500), reason }),
  z.strictObject({ member: memberInput, reason }),
  z.strictObject({ client: z.string().min(1).max(2000), reason }),
  z.strictObject({ everything: z.literal(true), reason }),
])

/** How far back a person is told what an app did. */
const lately = 30 * 24 * 60 * 60 * 1000

export function grantRoutes({ oauth, audit, clock }: ApiDependencies): Route[] {
  const { grants } = oauth
  return [
    forMembers(
      'GET /grants',
      { summary: 'Apps you connected; all=1 shows administrators everybody’s', query: listInput },
      async ({ actor, query }) => {
        if (query.all && actor.role !== 'administrator') {
          throw new ApiFailure('forbidden', 'Only an administrator sees everybody’s connected apps')
        }
        return { grants: await grants.list(query.all ? null : actor.member) }
      },
    ),
    forAdministrators(
      'GET /grants/search',
      { summary: 'Everybody’s grants, by person, app, kind and state', query: searchInput },
      async ({ query }) => grants.search(given(query)),
    ),
    forAdministrators(
      'POST /grants/end',
      { summary: 'End many grants: some, a person’s, an app’s, or everything', body: endInput },
      async ({ actor, body: { reason: why, ...which }, from }) => ({
        ended: await grants.endMany(which, whoIs(actor, from), why),
      }),
    ),
    forMembers(
      'GET /grants/deeds',
      { summary: 'What each of your apps did in the last 30 days' },
      async ({ actor }) => {
        const since = new Date(clock.now().getTime() - lately)
        const own = (await grants.list(actor.member)).filter(({ status }) => status !== 'ended')
        const deeds = await audit.deeds(
          own.map(({ id }) => id),
          since,
        )
        return { since: since.toISOString(), deeds: Object.fromEntries(deeds) }
      },
    ),
    forMembers(
      'POST /grants/:id/pause',
      { summary: 'Pause an app’s access' },
      async ({ actor, param, from }) => {
        if (!(await grants.pause(grantId(param('id')), whoIs(actor, from)))) throw noGrant()
      },
    ),
    forMembers('POST /grants/:id/resume', { summary: 'Resume it' }, async ({ actor, param, from }) => {
      if (!(await grants.resume(grantId(param('id')), whoIs(actor, from)))) throw noGrant()
    }),
    forMembers(
      'PATCH /grants/:id',
      {
        summary:
          'Take something away from an app’s access, at once; administrators limit anybody’s to addresses',
        body: grantNarrowing,
      },
      async ({ actor, param, body, from }) => {
        // What it may do in her name is hers to decide; where it may be used from is the administrators' business too.
        const administrator =
          actor.role === 'administrator' && Object.keys(body).every((one) => one === 'addresses')
        const by = { ...whoIs(actor, from), administrator }
        const grant = await grants.narrow(grantId(param('id')), by, body)
        if (!grant) throw noGrant()
        return { grant }
      },
    ),
    forMembers('DELETE /grants/:id', { summary: 'End an app’s access' }, async ({ actor, param, from }) => {
      const by = { ...whoIs(actor, from), administrator: actor.role === 'administrator' }
      if (!(await grants.end(grantId(param('id')), by, 'ended by a person'))) throw noGrant()
    }),
  ]
}

function whoIs({ member, name }: MemberActor, { ip }: From) {
  return { member, name, ip }
}

function grantId(text: string): GrantId {
  if (!isId('grt', text)) throw noGrant()
  return text
}

function noGrant(): ApiFailure {
  return new ApiFailure('not_found', 'There is no such connected app')
}
