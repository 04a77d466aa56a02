import { createHash } from 'node:crypto'

const style = `
:root { color-scheme: light dark; font: 14px/1.55 'Inter Variable', Inter, system-ui, sans-serif;
  --line: light-dark(#d6d6d2, #3c3e3c); --muted: light-dark(#565853, #acaea8); --accent: light-dark(#0d6f66, #56c4b6) }
body { max-width: 26rem; margin: 14vh auto 2rem; padding: 0 1.25rem;
  background: light-dark(#ffffff, #131413); color: light-dark(#1a1b1a, #ededeb) }
header { display: flex; gap: .5rem; align-items: center; margin-bottom: 1.5rem; font-weight: 600 }
header svg { width: 1.25rem; height: 1.25rem; fill: var(--accent) }
h1 { font-size: 1.25rem; line-height: 1.3; margin: 0 0 .75rem; letter-spacing: -.01em }
p { margin: 0 0 .75rem; overflow-wrap: anywhere }
a, button { display: inline-block; margin-top: .5rem; padding: .375rem .875rem; border: 1px solid var(--line);
  border-radius: .375rem; background: none; color: inherit; font: inherit; text-decoration: none; cursor: pointer }
a:hover, button:hover { border-color: var(--muted) }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
a + p { margin-top: .75rem }
form { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center }
small { color: var(--muted); font-size: .8125rem }
`

const mark = `<header><svg viewBox="0 0 32 32" aria-hidden="true"><path d="M21.5 4.5 30 9.4v9.8l-8.5 4.9-8.5-4.9V9.4z"/>
<circle cx="10" cy="21.5" r="6.5"/></svg>Tandem</header>`

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
<body>${mark}<main>
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
