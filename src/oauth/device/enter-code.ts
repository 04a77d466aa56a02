import type { Audit } from '#audit'
import { hashSecret, newId, rateHeaders } from '#foundation'
import type { Clock, RateLimit, RateLimiter } from '#foundation'
import { addressKey } from '../clients/address-key.ts'
import type { From } from '../endpoint.ts'
import { OAuthError } from '../errors.ts'
import type { BrowserBinding } from '../interaction/browser.ts'
import { interactionLife } from '../interaction/interaction.ts'
import type { InteractionStore } from '../interaction/interaction.ts'
import type { SignedIn, SignIn } from '../ports.ts'
import type { DeviceStore } from './device-request.ts'
import { readUserCode, userCodeHash } from './user-code.ts'

export type EnterCodeDependencies = {
  secret: string
  devices: DeviceStore
  interactions: InteractionStore
  browsers: BrowserBinding
  signIn: SignIn
  rateLimiter: RateLimiter
  clock: Clock
  audit: Audit
}

/**
 * Codes typed, right or wrong, in ten minutes: by one person however many sessions she has, from one address that
 * many people may share, and by all. Argued with the length of a code in docs/threat-model.md (RFC 8628 §5.1; V1).
 */
const tries = {
  person: { limit: 20, window: 600 },
  address: { limit: 100, window: 600 },
  all: { limit: 500, window: 600 },
} satisfies Record<string, RateLimit>

/** Where the person decides, and the cookie that binds that to her browser. */
export type EnteredCode = { location: string; cookie: string }

/**
 * A signed-in person typed a device's code: its request becomes an interaction of this browser, decided on the
 * consent page like any other (RFC 8628 §3.3; attacks V4, V7). Throws OAuthError.
 */
export function createEnterCode(deps: EnterCodeDependencies) {
  const hashUserCode = userCodeHash(deps.secret)
  return async function enterCode(request: Request, typed: string, from: From): Promise<EnteredCode> {
    const { devices, interactions, browsers, signIn, clock } = deps
    const person = await signIn.current(request)
    if (!person) throw new OAuthError('login_required', 'Sign in to enter a code', { status: 401 })
    await count(deps, person, from)
    const code = readUserCode(typed)
    const now = clock.now()
    const waiting = code && (await devices.findWaiting(hashUserCode(code), now))
    if (!waiting) throw wrongCode(deps, person, from)
    const secret = browsers.secretFor(request)
    const id = newId('itx')
    const latest = now.getTime() + interactionLife
    await interactions.beginInteraction({
      id,
      browserHash: hashSecret(secret),
      clientId: waiting.clientId,
      request: {
        device: {
          hash: waiting.hash,
          userCode: code,
          ip: waiting.ip,
          askedAt: waiting.createdAt.toISOString(),
        },
        resource: waiting.resource,
        scopes: [...waiting.scopes],
      },
      signedInAfter: null,
      expiresAt: new Date(Math.min(latest, waiting.expiresAt.getTime())),
    })
    return { location: `/consent/${id}`, cookie: browsers.cookie(secret) }
  }
}

async function count({ rateLimiter }: EnterCodeDependencies, person: SignedIn, from: From): Promise<void> {
  // Hers first: who has used up her own tries can't use up everybody's.
  for (const [key, rate] of [
    [`person:${person.member}`, tries.person],
    [`address:${addressKey(from.ip)}`, tries.address],
    ['all', tries.all],
  ] as const) {
    const taken = await rateLimiter.take(`oauth.device-code.${key}`, rate)
    if (taken.allowed) continue
    throw new OAuthError('temporarily_unavailable', 'Too many codes were tried. Wait a few minutes', {
      status: 429,
      headers: rateHeaders(taken),
    })
  }
}

function wrongCode({ audit }: EnterCodeDependencies, person: SignedIn, from: From): OAuthError {
  audit.note({
    event: 'device.code_refused',
    outcome: 'refused',
    actor: { kind: 'member', id: person.member, name: person.name },
    ip: from.ip,
  })
  return new OAuthError(
    'not_found',
    'No device waits with this code. Check it, or ask the device for a new one',
  )
}
