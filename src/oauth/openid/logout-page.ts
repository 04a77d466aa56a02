import type { OAuthError } from '../errors.ts'
import type { SignedIn } from '../ports.ts'
import { escapeHtml, plainPage } from '../router/plain-page.ts'
import type { Logout } from './read-logout.ts'

type Content =
  /** Still signed in: does she want to? */
  | { ask: { person: SignedIn; csrf: string; params: Readonly<Record<string, string>> }; logout: Logout }
  | { ask?: undefined; logout: Logout; problem?: undefined }
  | { problem: OAuthError; logout?: undefined; ask?: undefined }

/** The question before signing out, what stands in its place when it is answered, and what went wrong. */
export function logoutPage(content: Content): Response {
  if (content.logout === undefined) return problemPage(content.problem)
  if (content.ask === undefined) return donePage(content.logout)
  const { ask, logout } = content
  const who = `${escapeHtml(ask.person.name)} <small>${escapeHtml(ask.person.email)}</small>`
  const app = logout.client ? `<p>${escapeHtml(logout.client.name)} asks to sign you out here too.</p>` : ''
  const hidden = Object.entries({ ...ask.params, csrf: ask.csrf })
    .map(([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`)
    .join('')
  return plainPage({
    title: 'Sign out of Tandem?',
    status: 200,
    // A browser checks where the answer redirects to as well (CSP3 §4.2.1).
    forms: ["'self'", ...(logout.returnTo === null ? [] : [placeOf(logout.returnTo)])],
    main: `<h1>Sign out of Tandem?</h1>
<p>You are signed in as ${who}.</p>
${app}<p>Apps that work for you keep their access. End it under Connected apps.</p>
<form method="post">${hidden}<button>Sign out</button> <a href="/">Stay signed in</a></form>`,
  })
}

function donePage({ returnTo }: Logout): Response {
  const back =
    returnTo === null
      ? '<a href="/sign-in">Sign in</a>'
      : `<p>You can go on. This leaves Tandem.</p>
<a href="${escapeHtml(returnTo)}" rel="noreferrer">Go to ${escapeHtml(placeOf(returnTo))}</a>`
  return plainPage({
    title: 'You are signed out',
    status: 200,
    main: `<h1>You are signed out of Tandem</h1>\n${back}`,
  })
}

function problemPage({ code, description, status }: OAuthError): Response {
  return plainPage({
    title: 'Not signed out',
    status,
    main: `<h1>You were not signed out</h1>
<p>${escapeHtml(description)}</p>
<p>If you want to sign out, do it in Tandem itself.</p>
<a href="/">Open Tandem</a>
<p><small>${escapeHtml(code)}</small></p>`,
  })
}

/** The origin, or the scheme of an app's own address, as CSP and people name it. */
function placeOf(uri: string): string {
  const { origin, protocol } = new URL(uri)
  return origin === 'null' ? protocol : origin
}
