import type { OAuthError } from '../errors.ts'
import { escapeHtml, plainPage } from '../router/plain-page.ts'

/** What the page offers beyond words: the error as the client's own answer, if the person wants to carry it there. */
export type Onward = { location: string; host: string }

/**
 * What people see when an authorization request can't go on. Never a redirect: until the redirect URI is known
 * good the answer would go to whoever wrote the link (OAuth 2.1 §4.1.2.1, A40).
 */
export function errorPage(error: OAuthError, onward?: Onward): Response {
  const link = onward
    ? `<p>You can tell the app what happened. This leaves Tandem and opens ${escapeHtml(onward.host)}.</p>
<a href="${escapeHtml(onward.location)}" rel="noreferrer">Return to ${escapeHtml(onward.host)}</a>`
    : '<p>Close this page and connect again from the app.</p>'
  const answer = plainPage({
    title: 'The app could not be connected',
    status: error.status,
    main: `<h1>The app could not be connected</h1>
<p>${escapeHtml(error.description)}</p>
${link}
<p><small>${escapeHtml(error.code)}</small></p>`,
  })
  for (const [name, value] of Object.entries(error.headers)) answer.headers.set(name, value)
  return answer
}
