import type { Clock } from '#foundation'
import { AccessWithheld } from '../grants/grant-life.ts'
import type { GrantLife } from '../grants/grant-life.ts'
import type { GrantStore } from '../grants/grant-store.ts'
import type { Grant } from '../grants/grant.ts'
import type { OpenInteraction } from './open-interaction.ts'

export type RememberedDependencies = {
  grants: Pick<GrantStore, 'givenBefore'>
  life: GrantLife
  clock: Clock
}

/**
 * What she gave this very client before, for the same redirect URI and resource, and can still be used (A208,
 * attacks C4). A client that changed, or another one of the same name, finds nothing (attacks C5). Programs on a
 * computer and app schemes neither: whoever listens there today may be somebody else (RFC 8252 §8.6).
 */
export async function findRemembered(
  { grants, life, clock }: RememberedDependencies,
  { interaction: { request }, client, redirect, person }: OpenInteraction,
): Promise<Grant | undefined> {
  if (request.device || redirect?.kind !== 'https') return undefined
  const found = await grants.givenBefore({
    member: person.member,
    clientId: client.id,
    fingerprint: client.fingerprint,
    redirectUri: request.redirectUri,
    resource: request.resource,
  })
  const live = found && (await life.find(found))
  if (!live) return undefined
  try {
    return (await life.judge(live, clock.now(), 'token')) === 'good' ? live.grant : undefined
  } catch (error) {
    // Paused or stopped: she is asked as if for the first time.
    if (error instanceof AccessWithheld) return undefined
    throw error
  }
}
