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

/** What she gave this client before. */
export type Given = {
  /** What still holds, and may be believed to be the same app's (attacks C4). */
  remembered: Grant | undefined
  /** The client isn't what she allowed the last time (A134, attacks S10). */
  changed: boolean
}

/**
 * What she gave this very client before, for the same redirect URI and resource, and can still be used (A208,
 * attacks C4). A client that changed, or another one of the same name, finds nothing (attacks C5). Programs on a
 * computer and app schemes neither: whoever listens there today may be somebody else (RFC 8252 §8.6).
 */
export async function findGiven(
  { grants, life, clock }: RememberedDependencies,
  { interaction: { request }, client, redirect, person }: OpenInteraction,
): Promise<Given> {
  const given = await grants.givenBefore({
    member: person.member,
    clientId: client.id,
    fingerprint: client.fingerprint,
    redirectUri: request.device ? '' : request.redirectUri,
    resource: request.resource,
  })
  const changed = given !== undefined && given.lastFingerprint !== client.fingerprint
  const believed = !request.device && redirect?.kind === 'https'
  const live = believed && given?.same ? await life.find(given.same) : undefined
  if (!live) return { remembered: undefined, changed }
  try {
    const good = (await life.judge(live, clock.now(), 'token')) === 'good'
    return { remembered: good ? live.grant : undefined, changed }
  } catch (error) {
    // Paused or stopped: she is asked as if for the first time.
    if (error instanceof AccessWithheld) return { remembered: undefined, changed }
    throw error
  }
}
