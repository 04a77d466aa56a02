import { enrolInput, handleInput, passkeySignInInput, secondStepInput, signInInput } from '#contract'
import { z } from 'zod'
import type { ApiDependencies } from '../dependencies.ts'
import { forAnyone, forMembers } from '../route.ts'
import type { Route } from '../route.ts'
import { enteredResponse, withCookies } from './entered.ts'

const providerInput = z.strictObject({
  provider: z.string().min(1).max(60),
  next: z.string().max(2048).default('/'),
})
// Providers add members of their own to their answer (session_state, scope, prompt…): none of them is refused.
const answer = z
  .object({ code: z.string(), state: z.string(), iss: z.string(), error: z.string() })
  .partial()
  .loose()

/** Every way in that isn't by invitation. */
export function signInRoutes({ identity }: ApiDependencies): Route[] {
  const { sessions, secondStep, passkeys, providers } = identity
  return [
    forAnyone('GET /sign-in', { summary: 'Providers people may sign in with' }, async () => ({
      providers: providers.list(),
    })),
    forAnyone('POST /session', { summary: 'Sign in', body: signInInput }, async ({ body, request, from }) =>
      enteredResponse(await sessions.start(body, request, from)),
    ),
    forAnyone(
      'POST /session/second-step',
      { summary: 'Take the second step of signing in', body: secondStepInput },
      async ({ body, request, from }) => enteredResponse(await secondStep.take(body, request, from)),
    ),
    forAnyone(
      'POST /session/second-step/passkey',
      { summary: 'A challenge for a passkey as the second step', body: handleInput },
      async ({ body, from }) => {
        const { options, cookie } = await secondStep.passkeyOptions(body.handle, from)
        return withCookies(options, [cookie])
      },
    ),
    forAnyone(
      'POST /session/enrol',
      {
        summary: 'A secret for an authenticator app, when one is required before signing in',
        body: handleInput,
      },
      async ({ body, from }) => secondStep.enrol(body.handle, from),
    ),
    forAnyone(
      'POST /session/enrol/confirm',
      { summary: 'Confirm that secret with a code, and sign in', body: enrolInput },
      async ({ body, request, from }) => enteredResponse(await secondStep.confirmEnrol(body, request, from)),
    ),
    forAnyone(
      'POST /session/passkey/options',
      { summary: 'A challenge for signing in with a passkey' },
      async ({ from }) => {
        const { options, cookie } = await passkeys.signInOptions(from)
        return withCookies(options, [cookie])
      },
    ),
    forAnyone(
      'POST /session/passkey',
      { summary: 'Sign in with a passkey', body: passkeySignInInput },
      async ({ body, request, from }) => enteredResponse(await passkeys.signIn(body, request, from)),
    ),
    forAnyone(
      'POST /session/provider',
      { summary: 'Where to go to sign in with a provider', body: providerInput },
      async ({ body, from }) => {
        const { location, cookie } = await providers.begin(body, null, from)
        return withCookies({ location }, [cookie])
      },
    ),
    forMembers(
      'POST /account/providers',
      { summary: 'Where to go to connect an account at a provider', body: providerInput },
      async ({ actor, body, from }) => {
        const { location, cookie } = await providers.begin(body, actor, from)
        return withCookies({ location }, [cookie])
      },
    ),
    forAnyone(
      'GET /sign-in/:provider/callback',
      { summary: 'Where providers send people back to', query: answer },
      async ({ param, request, from }) => {
        const { location, cookies } = await providers.finish(param('provider'), request, from)
        const response = new Response(null, {
          status: 303,
          headers: { Location: location, 'Cache-Control': 'no-store' },
        })
        for (const cookie of cookies) response.headers.append('Set-Cookie', cookie)
        return response
      },
    ),
  ]
}
