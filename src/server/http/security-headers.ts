/** For pages, and for anything a browser might take for one. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ')

type Headers = readonly (readonly [string, string])[]

/** What goes with every answer, and with one that a browser could show. A module's own header of the same name wins. */
export function securityHeaders(issuer: string): { every: Headers; shown: Headers } {
  // RFC 6797 §7.2: never over plain http.
  const https = issuer.startsWith('https:')
  const every: Headers = [
    ['X-Content-Type-Options', 'nosniff'],
    ...(https ? [['Strict-Transport-Security', 'max-age=31536000; includeSubDomains'] as const] : []),
  ]
  return {
    every,
    shown: [
      ...every,
      ['Referrer-Policy', 'no-referrer'],
      ['X-Frame-Options', 'DENY'],
      ['Content-Security-Policy', contentSecurityPolicy],
      ['Cross-Origin-Opener-Policy', 'same-origin'],
    ],
  }
}
