import type { ClientPolicy, DryRunLine, DryRunView, Verdict } from '#contract'
import type { Clock } from '#foundation'
import { narrowScopes } from '../../authorize/scopes.ts'
import { OAuthError } from '../../errors.ts'
import type { Resource } from '../../ports.ts'
import type { ClientDirectory } from '../client-directory.ts'
import type { Client } from '../client.ts'
import { readClientMetadata } from '../metadata.ts'
import { clientFromDocument } from '../read-document.ts'
import { redirectHost } from '../redirect-uri.ts'
import type { RedirectUri } from '../redirect-uri.ts'
import { describeClient, unnamedClient } from '../registered-client.ts'
import { parseStrictJson } from '../strict-json.ts'
import { registeredUris } from './client-policy.ts'
import type { Asked, PolicyEngine } from './client-policy.ts'

export type DryRunDependencies = {
  policy: Pick<PolicyEngine, 'current' | 'judgeBy'>
  directory: Pick<ClientDirectory, 'list'>
  resources: () => readonly [Resource, ...Resource[]]
  appSchemes: readonly string[]
  clock: Clock
}

const mostClients = 500
/** Places one client's answers go to that are shown; the others follow the same rules. */
const mostPlaces = 4

/** What a draft of the policy would decide, beside what the policy decides now. Nothing is stored and nobody is asked. */
export function createDryRun(deps: DryRunDependencies) {
  const { policy, directory, resources, appSchemes, clock } = deps

  const lineOf = async (
    drafts: [ClientPolicy, ClientPolicy],
    client: Client,
    redirect: RedirectUri | null,
    asked: Asked,
    grants: number,
  ): Promise<DryRunLine> => {
    const [before, after] = await Promise.all(
      drafts.map((one) => policy.judgeBy(one, client, redirect, asked)),
    )
    if (!before || !after) throw new Error('judged by two policies')
    return {
      client: { id: client.id, name: client.name, registration: client.registration },
      redirect: asked.at === 'registration' ? '' : placeOf(redirect),
      before: verdict(before),
      after: verdict(after),
      changed:
        before.outcome !== after.outcome ||
        JSON.stringify(before.ceilings) !== JSON.stringify(after.ceilings),
      grants,
    }
  }

  const linesOf = (
    drafts: [ClientPolicy, ClientPolicy],
    client: Client,
    grants: number,
  ): Promise<DryRunLine[]> => {
    const [main] = resources()
    const asked: Asked = {
      at: 'authorize',
      scopes: narrowScopes(client.about.scope, main, client),
      resource: main.id,
    }
    const places = new Map(registeredUris(client, appSchemes).map((to) => [placeOf(to), to] as const))
    const where = places.size > 0 ? [...places.values()].slice(0, mostPlaces) : [null]
    return Promise.all(where.map((redirect) => lineOf(drafts, client, redirect, asked, grants)))
  }

  const pasted = async (
    drafts: [ClientPolicy, ClientPolicy],
    text: string,
  ): Promise<DryRunView['registration']> => {
    try {
      const client = clientOf(text, { appSchemes, now: clock.now() })
      const registers = await lineOf(drafts, client, null, { at: 'registration' }, 0)
      const uses = await linesOf(drafts, client, 0)
      return { lines: client.registration === 'dynamic' ? [registers, ...uses] : uses }
    } catch (error) {
      if (error instanceof OAuthError) return { problem: error.description }
      throw error
    }
  }

  return async function dryRun(input: {
    policy: ClientPolicy
    registration?: string | undefined
  }): Promise<DryRunView> {
    const current = await policy.current()
    const drafts: [ClientPolicy, ClientPolicy] = [current.policy, input.policy]
    const listed = await directory.list({ limit: mostClients + 1 }, clock.now())
    const looked = listed.slice(0, mostClients)
    const lines = await Promise.all(
      looked.map(({ client, grants }) => linesOf(drafts, client, grants.active + grants.provisional)),
    )
    return {
      lines: lines.flat(),
      looked: looked.length,
      more: listed.length > looked.length,
      registration: input.registration?.trim() ? await pasted(drafts, input.registration) : null,
    }
  }
}

/** The client that the text would be: a registration's metadata, or a metadata document that names its own address. */
function clientOf(text: string, { appSchemes, now }: { appSchemes: readonly string[]; now: Date }): Client {
  const said = parseStrictJson(text)
  const address = said['client_id']
  if (typeof address === 'string' && address.startsWith('https://') && URL.canParse(address)) {
    const document = { etag: null, fetchedAt: now, freshUntil: now }
    const answer = { contentType: 'application/json', body: text }
    return clientFromDocument(address, answer, { appSchemes, firstSeenAt: now, document })
  }
  const metadata = readClientMetadata(said, appSchemes)
  return describeClient(unnamedClient(now), metadata, null, { appSchemes, now }).client
}

function verdict({ outcome, rule, why }: Verdict): Verdict {
  return { outcome, rule, why }
}

function placeOf(redirect: RedirectUri | null): string {
  if (!redirect) return ''
  return redirect.kind === 'loopback' ? redirect.url.hostname : redirectHost(redirect)
}
