import type { ClientPolicy, DryRunView, PolicyPreset, PolicyView } from '#contract'
import type { Clock, MemberId } from '#foundation'
import { OAuthError } from '../../errors.ts'
import { signInResource } from '../../openid/identity-scopes.ts'
import type { Resource } from '../../ports.ts'
import type { By } from '../client-entry.ts'
import type { PolicyEngine } from './client-policy.ts'
import { createDryRun } from './dry-run.ts'
import type { DryRunDependencies } from './dry-run.ts'
import type { KeptDecision, PolicyStore, StoredPolicy } from './policy-store.ts'
import { startingPolicy } from './presets.ts'

/** What administrators do with the client policy. */
export interface PolicyManager {
  view(): Promise<Omit<PolicyView, 'savedBy'> & { savedBy: MemberId | null }>
  /** Newest first. */
  versions(): Promise<StoredPolicy[]>
  /** Throws OAuthError (409) when somebody saved since the version it is based on. */
  save(input: { policy: ClientPolicy; basedOn: number }, by: By & { member: MemberId }): Promise<void>
  /** What a draft would change for the clients seen so far, and for a registration or metadata document given as text. */
  dryRun(input: { policy: ClientPolicy; registration?: string | undefined }): Promise<DryRunView>
  /** What was decided lately, newest first. */
  decisions(search: { text: string; refusedOnly: boolean; limit: number }): Promise<KeptDecision[]>
}

const mostVersions = 50
const presets: readonly PolicyPreset[] = ['open', 'local', 'ask', 'closed']

export function createPolicyManager(
  deps: DryRunDependencies & {
    engine: PolicyEngine
    policyStore: PolicyStore
    starting: ClientPolicy
    resources: () => readonly [Resource, ...Resource[]]
    issuer: string
    clock: Clock
  },
): PolicyManager {
  const { engine, policyStore, starting, resources, issuer, clock } = deps
  const dryRun = createDryRun(deps)
  // Signing people in is a resource of its own, with its own scopes.
  const known = () => [...resources(), signInResource(issuer)]
  return {
    async view() {
      // As it is in the database: what is edited next is based on it.
      engine.forget()
      const { version, policy, savedAt, savedBy } = await engine.current()
      return {
        version,
        policy,
        savedAt: savedAt?.toISOString() ?? null,
        savedBy,
        starting,
        presets: presetsBeside(starting),
        scopes: [...new Set(known().flatMap((resource) => Object.keys(resource.scopes)))],
        resources: known().map(({ id, name }) => ({ id, name })),
      }
    },
    versions: () => policyStore.versions(mostVersions),
    async save({ policy, basedOn }, { actor, member, ip }) {
      const saved = await policyStore.save(
        { policy, basedOn, at: clock.now(), by: member },
        {
          event: 'policy.saved',
          outcome: 'ok',
          actor,
          subject: { kind: 'client_policy', id: String(basedOn + 1) },
          ...(ip === undefined ? {} : { ip }),
          detail: {
            version: basedOn + 1,
            rules: policy.rules
              .map(({ name, outcome }) => `${name}: ${outcome}`)
              .join(', ')
              .slice(0, 1000),
            app_schemes: policy.appSchemes,
            registrations_per_minute: policy.registrationsPerMinute,
          },
        },
      )
      engine.forget()
      if (saved) return
      throw new OAuthError('invalid_request', 'Somebody saved the policy meanwhile. Load it again', {
        status: 409,
      })
    },
    dryRun,
    async decisions(search) {
      // What this process still holds is part of the answer.
      await engine.decisions.flush()
      return policyStore.decisions(search)
    },
  }
}

/** Each preset with what the settings say besides. */
function presetsBeside({
  appSchemes,
  registrationsPerMinute,
}: ClientPolicy): Record<PolicyPreset, ClientPolicy> {
  const all = presets.map(
    (preset) => [preset, startingPolicy(preset, { appSchemes, registrationsPerMinute })] as const,
  )
  return Object.fromEntries(all) as Record<PolicyPreset, ClientPolicy>
}
