import { createHash } from 'node:crypto'
import type { OAuthError } from '../errors.ts'

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 34rem; margin: 15vh auto 2rem; padding: 0 1.25rem }
h1 { font-size: 1.35rem; line-height: 1.3; margin: 0 0 .75rem }
p { margin: 0 0 .75rem }
a { display: inline-block; margin-top: .5rem; padding: .5rem 1rem; border: 1px solid; border-radius: .5rem;
  color: inherit; text-decoration: none }
small { opacity: .7; overflow-wrap: anywhere }
`

const headers = {
  'Content-Type': 'text/html; charset=utf-8',
  'Cache-Control': 'no-store',
  'Content-Security-Policy': [
    `default-src 'none'`,
    `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
    `base-uri 'none'`,
    `form-action 'none'`,
    `frame-ancestors 'none'`,
  ].join('; '),
  // A204, A211.
  'X-Frame-Options': 'DENY',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
}

/** What the page offers beyond words: the error as the client's own answer, if the person wants to carry it there. */
export type Onward = { location: string; host: string }

/**
 * What people see when an authorization request can't go on. Never a redirect: until the redirect URI is known
 * good the answer would go to whoever wrote the link (OAuth 2.1 §4.1.2.1, A40).
 */
export function errorPage(error: OAuthError, onward?: Onward): Response {
  const link = onward
    ? `<p>You can tell the app what happened. This leaves Tandem and opens ${escape(onward.host)}.</p>
<a href="${escape(onward.location)}" rel="noreferrer">Return to ${escape(onward.host)}</a>`
    : '<p>Close this page and connect again from the app.</p>'
  const html = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>The app could not be connected</title><style>${style}</style></head>
<body><main>
<h1>The app could not be connected</h1>
<p>${escape(error.description)}</p>
${link}
<p><small>${escape(error.code)}</small></p>
</main></body>
</html>
`
  return new Response(html, { status: error.status, headers: { ...error.headers, ...headers } })
}

const escapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => escapes[character] ?? '')
}
