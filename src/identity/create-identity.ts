import type { Audit } from '#audit'
import { deriveKey } from '#foundation'
import type { Clock, Log, SignInProvider } from '#foundation'
import type { Storage } from '#storage'
import { createActorForToken } from './actors.ts'
import { createCeremonies } from './ceremonies.ts'
import type { Context } from './context.ts'
import { createCookies } from './cookie.ts'
import { createEntrance } from './entrance.ts'
import { createFactors } from './factors/factors.ts'
import type { Identity, ParseLimits } from './identity.ts'
import { createInvitations } from './invitations.ts'
import { createMembers } from './members.ts'
import { createPeople } from './people.ts'
import { amrOf } from './methods.ts'
import { createOwnSessions } from './own-sessions.ts'
import { createLinks } from './providers/links.ts'
import { withPreset } from './providers/presets.ts'
import { createRelyingParty } from './providers/relying-party.ts'
import { createProviders } from './providers/sign-in-with.ts'
import { createRules } from './rules.ts'
import { createSecondStep } from './second-step.ts'
import { createSecurity } from './security.ts'
import { createSessions } from './sessions.ts'
import { createSetup } from './setup.ts'
import { createSignIn } from './sign-in.ts'

export type IdentityDependencies = {
  storage: Storage
  audit: Audit
  clock: Clock
  log: Log
  issuer: string
  /** The install's secret; keys are derived from it by purpose. */
  secret: string
  /** OpenID providers people may sign in with. */
  providers?: readonly SignInProvider[]
  parseLimits: ParseLimits
}

export function createIdentity({ secret, parseLimits, ...given }: IdentityDependencies): Identity {
  const { storage, clock, log, issuer } = given
  const context: Context = {
    storage,
    audit: given.audit,
    clock,
    log,
    issuer,
    cookies: createCookies(issuer),
    keys: {
      ceremony: deriveKey(secret, 'sign-in ceremonies'),
      totp: deriveKey(secret, 'authenticator apps'),
      recovery: deriveKey(secret, 'recovery codes'),
    },
  }
  const providers = (given.providers ?? []).map(withPreset)
  const sessions = createSessions(context)
  const ceremonies = createCeremonies(context)
  const factors = createFactors(context, ceremonies)
  const links = createLinks(context, ceremonies)
  const entrance = createEntrance(context, { sessions, ceremonies, factors, links })
  const parts = { sessions, ceremonies, factors, links, entrance, providers }
  const signIn = createSignIn(context, parts)
  return {
    async actorForSession(request) {
      const session = await sessions.find(request)
      if (!session) return null
      return {
        kind: 'member',
        member: session.member,
        name: session.name,
        role: session.role,
        session: session.id,
      }
    },
    actorForToken: createActorForToken(storage, parseLimits, log),
    signIn: {
      async current(request) {
        const session = await sessions.find(request)
        if (!session) return null
        const { id, member, name, email, role, confirmedAt, methods } = session
        return {
          member,
          session: id,
          name,
          email,
          administrator: role === 'administrator',
          signedInAt: confirmedAt,
          amr: amrOf(methods),
        }
      },
      page: (returnTo, hint) =>
        `/sign-in?${new URLSearchParams({ next: returnTo, ...(hint !== undefined && { email: hint }) })}`,
    },
    setup: createSetup(context, sessions),
    sessions: { start: signIn.password, ...createOwnSessions(context, sessions) },
    secondStep: createSecondStep(context, parts),
    passkeys: signIn.passkeys,
    security: createSecurity(context, parts),
    people: createPeople(storage),
    counts: sessions.counts,
    members: createMembers(context, parts),
    invitations: createInvitations(context, entrance),
    rules: createRules(context, parts),
    providers: createProviders(context, { ...parts, relyingParty: createRelyingParty(issuer, clock) }),
  }
}
