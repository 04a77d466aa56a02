import type { EnteredView } from '#contract'
import type { Entered } from '#identity'

/** The answer to a way of signing in: who is in, or what is still to do, with the cookies that make it so. */
export function enteredResponse(entered: Entered): Response {
  if ('member' in entered) {
    const { cookie, device, member, recoveryCodes } = entered
    const view: EnteredView = { member, ...(recoveryCodes ? { recoveryCodes } : {}) }
    return withCookies(view, [cookie, device])
  }
  const { due, handle, ways, cookie } = entered
  const view: EnteredView = due === 'enrol' ? { due, handle } : { due, handle, ways }
  return withCookies(view, [cookie])
}

export function withCookies(body: unknown, cookies: string[]): Response {
  const response = Response.json(body, { headers: { 'Cache-Control': 'no-store' } })
  for (const cookie of cookies) response.headers.append('Set-Cookie', cookie)
  return response
}
