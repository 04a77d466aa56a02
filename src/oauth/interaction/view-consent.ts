import type { ConsentView } from '#contract'
import { redirectHost } from '../clients/redirect-uri.ts'
import { scopeWords } from '../authorize/scopes.ts'
import { verifiedDomain } from '../clients/client.ts'
import type { Clients } from '../clients/clients.ts'
import { objectsOf } from '../grants/standing.ts'
import type { DetailsTypes } from '../details/authorization-details.ts'
import { showDetails } from '../details/narrow-by-person.ts'
import { isSignInOnly } from '../openid/identity-scopes.ts'
import type { DetailsType } from '../ports.ts'
import { showUserCode } from '../device/user-code.ts'
import type { Interaction } from './interaction.ts'
import type { OpenInteraction } from './open-interaction.ts'
import { findGiven } from './remembered.ts'
import type { RememberedDependencies } from './remembered.ts'

const day = 24 * 60 * 60 * 1000

export type ConsentDependencies = RememberedDependencies & {
  clients: Clients
  details: DetailsType
  detailsTypes: DetailsTypes
  now: Date
}

/** What the consent page shows (A202): who asks, where the answer goes, what it may do, and what is unusual about it. */
export async function viewConsent(deps: ConsentDependencies, open: OpenInteraction): Promise<ConsentView> {
  const { interaction, person, client, redirect, resource, policy, csrf } = open
  const { remembered: before, changed } = await findGiven(deps, open)
  const signInOnly = isSignInOnly(resource)
  return {
    id: interaction.id,
    csrf,
    client: {
      name: client.name,
      verifiedDomain: verifiedDomain(client),
      registration: client.registration,
      firstSeenAt: client.firstSeenAt.toISOString(),
      firstSeenToday: isNew(open, deps.now),
    },
    redirect: redirect && {
      host: redirectHost(redirect),
      loopback: redirect.kind === 'loopback',
      appScheme: redirect.kind === 'app',
    },
    device: deviceOf(interaction),
    person: { name: person.name, email: person.email },
    scopes: scopeWords(resource, interaction.request.scopes).map((one) => ({
      ...one,
      already: before?.scopes.includes(one.scope) ?? false,
    })),
    remembered: before ? { since: before.createdAt.toISOString(), objects: objectsOf(before.details) } : null,
    signInOnly,
    details: await showDetails(
      deps.detailsTypes,
      interaction.request.device ? [] : interaction.request.authorizationDetails,
      person.member,
    ),
    objects: signInOnly || resource.foreign ? [] : await deps.details.objects(person.member),
    resource: resource.name,
    elsewhere: resource.foreign === true,
    warnings: await warningsOf(deps.clients, open, { now: deps.now, changed }),
    mostDays: policy.ceilings.grantDays ?? null,
    needsAdministrator: policy.outcome === 'ask' && !person.administrator,
  }
}

/** RFC 8628 §3.3.1: what to compare with the device, and where it asked from. */
function deviceOf({ request: { device } }: Interaction): ConsentView['device'] {
  return device ? { code: showUserCode(device.userCode), ip: device.ip, askedAt: device.askedAt } : null
}

async function warningsOf(
  clients: Clients,
  open: OpenInteraction,
  { now, changed }: { now: Date; changed: boolean },
): Promise<string[]> {
  const { client, redirect, policy, person } = open
  const known = client.approved || client.registration === 'manual'
  const warnings = [
    // A134, attacks S10: what she allowed before may not be what asks now. What an administrator changed she vouches for.
    changed && client.registration !== 'manual'
      ? 'This app changed since you allowed it: its name, where answers go, or its keys are not what they were.'
      : null,
    // Compares with every trusted client: not for those that are trusted themselves.
    known ? null : await clients.lookAlike(client),
    // A135: any program on the computer could be waiting there.
    redirect?.kind === 'loopback'
      ? 'The answer goes to a program on this computer. Continue only if you just started it.'
      : null,
    // RFC 8252 §8.4, §8.6: several apps may claim one scheme.
    redirect?.kind === 'app'
      ? `The answer goes to whichever app on this computer opens ${redirect.url.protocol} links.`
      : null,
    // RFC 8628 §5.4: somebody who began it elsewhere could be waiting for a yes to her own device.
    redirect === null
      ? 'Continue only if you started this yourself, just now, and your device shows this code.'
      : null,
    isNew(open, now) ? 'This app was seen here for the first time today.' : null,
    policy.outcome === 'ask' && person.administrator
      ? 'You are an administrator: allowing this app approves it for everybody here.'
      : null,
  ]
  return warnings.filter((warning) => warning !== null)
}

function isNew({ client }: OpenInteraction, now: Date): boolean {
  return client.registration !== 'manual' && now.getTime() - client.firstSeenAt.getTime() < day
}
