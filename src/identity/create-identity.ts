import type { Audit } from '#audit'
import type { Clock, Log } from '#foundation'
import type { Storage } from '#storage'
import { createActorForToken } from './actors.ts'
import { sessionCookie } from './cookie.ts'
import type { Identity, ParseLimits } from './identity.ts'
import { createInvitations } from './invitations.ts'
import { createMembers } from './members.ts'
import { createSessions } from './sessions.ts'
import { createSetup } from './setup.ts'
import { createSignIn } from './sign-in.ts'

export type IdentityDependencies = {
  storage: Storage
  audit: Audit
  clock: Clock
  log: Log
  issuer: string
  parseLimits: ParseLimits
}

export function createIdentity({
  storage,
  audit,
  clock,
  log,
  issuer,
  parseLimits,
}: IdentityDependencies): Identity {
  const context = { storage, audit, clock, log, cookie: sessionCookie(issuer) }
  const sessions = createSessions(context)
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
        const { id, member, name, email, role, startedAt } = session
        return {
          member,
          session: id,
          name,
          email,
          administrator: role === 'administrator',
          signedInAt: startedAt,
        }
      },
      page: (returnTo) => `/sign-in?next=${encodeURIComponent(returnTo)}`,
    },
    setup: createSetup(context, sessions),
    sessions: createSignIn(context, sessions),
    members: createMembers(context, sessions),
    invitations: createInvitations(context, sessions),
  }
}
