import { enterCodeInput } from '#contract'
import type { ApiDependencies } from '../dependencies.ts'
import { forMembers } from '../route.ts'
import type { Route } from '../route.ts'

/** Where a person brings the code that a device shows (RFC 8628 §3.3). The answer leads on to the consent page. */
export function deviceRoutes({ oauth }: ApiDependencies): Route[] {
  return [
    forMembers(
      'POST /device',
      { summary: 'Enter the code that a device shows', body: enterCodeInput },
      async ({ request, body, from }) => {
        const { location, cookie } = await oauth.devices.enterCode(request, body.code, from)
        return Response.json({ location }, { headers: { 'Set-Cookie': cookie, 'Cache-Control': 'no-store' } })
      },
    ),
  ]
}
