import { createHash } from 'node:crypto'

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 34rem; margin: 15vh auto 2rem; padding: 0 1.25rem }
h1 { font-size: 1.35rem; line-height: 1.3; margin: 0 0 .75rem }
p { margin: 0 0 .75rem }
a { display: inline-block; margin-top: .5rem; padding: .5rem 1rem; border: 1px solid; border-radius: .5rem;
  color: inherit; text-decoration: none }
form { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center }
button { font: inherit; margin-top: .5rem; padding: .5rem 1rem; border: 1px solid; border-radius: .5rem;
  background: none; color: inherit; cursor: pointer }
small { opacity: .7; overflow-wrap: anywhere }
`

/** What people see of this server itself, without the web app. `main` is HTML; `forms` are where its forms may lead. */
export function plainPage(page: {
  title: string
  main: string
  status: number
  forms?: readonly string[]
}): Response {
  const html = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(page.title)}</title><style>${style}</style></head>
<body><main>
${page.main}
</main></body>
</html>
`
  return new Response(html, { status: page.status, headers: headersFor(page.forms ?? []) })
}

function headersFor(forms: readonly string[]): Record<string, string> {
  return {
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'no-store',
    'Content-Security-Policy': [
      `default-src 'none'`,
      `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
      `base-uri 'none'`,
      `form-action ${forms.length > 0 ? forms.join(' ') : "'none'"}`,
      `frame-ancestors 'none'`,
    ].join('; '),
    // A204, A211.
    'X-Frame-Options': 'DENY',
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
  }
}

const escapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text for HTML, attributes included. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => escapes[character] ?? '')
}
