import type { VerifiedToken } from './types.ts'

/** Whom the record names for a request: the agent that showed this token, or somebody who showed none. */
export function actorOf(token: VerifiedToken | undefined) {
  if (!token) return { kind: 'anonymous' as const }
  const { resourceOwner: id, grantId: grant, clientId: client, clientName } = token
  return { kind: 'agent' as const, id, grant, client, clientName }
}
