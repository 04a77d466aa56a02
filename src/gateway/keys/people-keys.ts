import type { KeyView, NewKeyInput, UpstreamKeyView } from '#contract'
import type { Actor, MemberActor } from '#identity'
import type { Upstream } from '../upstreams/upstream.ts'

/** Whose key it is. */
export type KeyOwner = Pick<MemberActor, 'member' | 'name'>

/** People's own keys for upstreams. Only a member in her browser reaches hers; an agent never does. */
export interface PeopleKeys {
  /** Upstreams that want her key, and those switched off for which she has one. */
  list(actor: MemberActor): Promise<UpstreamKeyView[]>
  /** `upstream` may be absent where only one takes keys. @throws UpstreamError */
  view(actor: MemberActor, upstream: string | undefined): Promise<KeyView>
  /**
   * Checks a key at its upstream and keeps it then. Whatever goes wrong, what was there before stays.
   * @throws UpstreamError
   */
  put(
    actor: KeyOwner,
    input: NewKeyInput,
    how: {
      /** Absent where `command` is there. */
      ip?: string
      /** Throws when she may not any more: a check takes its time, and her session may have ended. */
      still(): Promise<void>
      /** The command by which whoever runs this install gives her the key. */
      command?: string
    },
  ): Promise<KeyView>
  /** Checks the key that is there; afterwards it is known to be good or broken. @throws UpstreamError */
  check(actor: MemberActor, upstream: string): Promise<KeyView>
  /** @throws UpstreamError */
  remove(actor: MemberActor, upstream: string | undefined, ip: string): Promise<KeyView>
  /** An upstream refused somebody's call: looks whether it is the key. Never throws. */
  refused(upstream: Upstream, actor: Actor): void
  /** Waits for what is under way. */
  close(): Promise<void>
}
