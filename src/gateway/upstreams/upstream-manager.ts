import type {
  ChangeUpstreamInput,
  NewUpstreamInput,
  UpstreamDetail,
  UpstreamTrial,
  UpstreamView,
} from '#contract'
import type { Actor } from '#identity'

/** Who administers: a member, or the operator at the command line. */
export type Administrator = { actor: Exclude<Actor, { kind: 'agent' }>; ip?: string }

/** How administrators add, review, watch and remove upstreams. Throws `UpstreamError` with a sentence for them. */
export interface UpstreamManager {
  list(): Promise<UpstreamView[]>
  /** By id or by name. Null when there is none. */
  view(which: string): Promise<UpstreamDetail | null>
  /** What agents would see of it: asks it, keeps nothing. */
  try(input: NewUpstreamInput, credential: string | undefined): Promise<UpstreamTrial>
  /** Asks it for its tools first, and keeps them for review. A credential is everybody's (`header`) or the actor's own (`key`). */
  create(
    input: NewUpstreamInput,
    credential: string | undefined,
    by: Administrator,
  ): Promise<{ upstream: UpstreamDetail; needsCredential: boolean }>
  /** Null when there is none. Another address or kind of sign-in ends what was granted before it is there. */
  change(id: string, to: ChangeUpstreamInput, by: Administrator): Promise<UpstreamDetail | null>
  /** Ends what was granted, then removes credentials and rows. False when there is none. */
  remove(id: string, by: Administrator): Promise<boolean>
  /** Asks it now, with the actor's own credential where people have their own. Null when there is none. */
  check(id: string, by: Administrator): Promise<{ upstream: UpstreamDetail; needsCredential: boolean } | null>
  /** All or none: what isn't what it was when it was looked at refuses them. Null when there is no such upstream. */
  decide(
    id: string,
    tools: readonly { name: string; decision: 'accept' | 'decline'; fingerprint: string }[],
    by: Administrator,
  ): Promise<UpstreamDetail | null>
  setTool(
    id: string,
    to: { name: string; allowed?: boolean | undefined; access?: 'read' | 'write' | undefined },
    by: Administrator,
  ): Promise<UpstreamDetail | null>
  /** Tools that wait for an administrator. */
  waiting(): Promise<number>
  /** What waits and no administrator was told of. Counts as told; `giveBack` when telling failed. */
  takeUntold(): Promise<{ tools: number; upstreams: string[]; giveBack(): Promise<void> }>
  /** Programs of the operator's that can be chosen, and whether they take people's own keys. */
  programs(): { name: string; takesKeys: boolean }[]
}
