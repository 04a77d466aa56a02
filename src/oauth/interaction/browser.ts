import { randomBytes } from 'node:crypto'
import { hashSecret } from '#foundation'
import type { SessionId } from '#foundation'
import type { Client } from '../clients/client.ts'
import { interactionLife } from './interaction.ts'

const shape = /^[A-Za-z0-9_-]{43}$/

export interface BrowserBinding {
  /** The secret this browser holds, if it began an interaction lately. */
  read(request: Request): string | undefined
  /** A secret for this browser: the one it has, so that several tabs can each be deciding. */
  secretFor(request: Request): string
  /** The Set-Cookie header that gives it to the browser for as long as an interaction lives. */
  cookie(secret: string): string
}

/** Binds interactions to the browser that began them (attacks C1; CVE-2026-27124). */
export function createBrowserBinding(issuer: string): BrowserBinding {
  const secure = issuer.startsWith('https:')
  // A205: `__Host-` keeps subdomains from planting the cookie; browsers want Secure for it, so not on plain loopback.
  const name = secure ? '__Host-tandem_itx' : 'tandem_itx'
  const read = (request: Request): string | undefined => {
    const cookies = (request.headers.get('cookie') ?? '').split(';')
    const value = cookies
      .map((cookie) => cookie.trim())
      .find((cookie) => cookie.startsWith(`${name}=`))
      ?.slice(name.length + 1)
    return value !== undefined && shape.test(value) ? value : undefined
  }
  return {
    read,
    secretFor: (request) => read(request) ?? randomBytes(32).toString('base64url'),
    // Lax: the browser comes from the client's page, by a top-level navigation.
    cookie: (secret) =>
      `${name}=${secret}; Path=/; Max-Age=${interactionLife / 1000}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`,
  }
}

/**
 * Proof that the page that posts is the one this person was shown, in this browser and session (attacks C3), about the
 * client as it was shown: one that changes meanwhile isn't what she said yes to, nor what an administrator approves
 * (attacks S10).
 */
export function csrfToken(
  interaction: string,
  browserSecret: string,
  session: SessionId,
  { fingerprint }: Pick<Client, 'fingerprint'>,
): string {
  return hashSecret(`consent ${interaction} ${session} ${fingerprint} ${browserSecret}`)
}
