import type { Bootstrap } from '#contract'
import { setupInput } from '#contract'
import type { SessionId } from '#foundation'
import { isId, reportUnexpected } from '#foundation'
import { z } from 'zod'
import type { ApiDependencies } from '../dependencies.ts'
import { ApiFailure } from '../errors.ts'
import { forAnyone, forMembers } from '../route.ts'
import type { Route } from '../route.ts'
import { enteredResponse } from './entered.ts'

const passwordInput = z.strictObject({
  /** Absent for a first password. */
  current: z.string().min(1).max(256).optional(),
  next: setupInput.shape.password,
})

export function accountRoutes({ identity, crm, issuer, log }: ApiDependencies): Route[] {
  return [
    forAnyone(
      'GET /bootstrap',
      { summary: 'What the web app asks first' },
      async ({ actor }): Promise<Bootstrap> => {
        if (actor?.kind === 'member') {
          return { state: 'signed-in', member: await identity.members.view(actor), issuer }
        }
        return { state: (await identity.setup.needed()) ? 'first-run' : 'signed-out' }
      },
    ),
    forAnyone(
      'POST /setup',
      { summary: 'Make the first administrator', body: setupInput },
      async ({ body: { demo, ...input }, from }) => {
        const started = await identity.setup.claim(input, from)
        // Whoever claimed the install is in, whatever becomes of the demo data.
        if (demo) await crm.seedDemo().catch((error: unknown) => reportUnexpected(log, error, 'demo data'))
        return enteredResponse(started)
      },
    ),
    forMembers('GET /session', { summary: 'Who is signed in' }, async ({ actor }) => ({
      member: await identity.members.view(actor),
    })),
    forAnyone('DELETE /session', { summary: 'Sign out' }, async ({ request, from }) => {
      const cookie = await identity.sessions.endCurrent(request, from)
      return new Response(null, {
        status: 204,
        headers: { 'Set-Cookie': cookie, 'Cache-Control': 'no-store' },
      })
    }),
    forMembers('GET /sessions', { summary: 'Where you are signed in' }, async ({ actor }) => ({
      sessions: await identity.sessions.list(actor),
    })),
    forMembers(
      'DELETE /sessions/:id',
      { summary: 'End one of your sessions' },
      async ({ actor, param, from }) => {
        await identity.sessions.end(actor, sessionId(param('id')), from)
      },
    ),
    forMembers('DELETE /sessions', { summary: 'End all your other sessions' }, async ({ actor, from }) => ({
      ended: await identity.sessions.endOthers(actor, from),
    })),
    forMembers(
      'POST /sessions/:id/recognise',
      { summary: 'Say that a sign-in on a new device was yours' },
      async ({ actor, param }) => identity.sessions.recognise(actor, sessionId(param('id'))),
    ),
    forMembers(
      'POST /password',
      { summary: 'Change your password; your other sessions end', body: passwordInput },
      async ({ actor, body: { current = null, next }, from }) =>
        enteredResponse(await identity.members.changePassword(actor, { current, next }, from)),
    ),
  ]
}

function sessionId(text: string): SessionId {
  if (!isId('ses', text)) throw new ApiFailure('not_found', 'There is no such session')
  return text
}
