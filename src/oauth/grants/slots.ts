import type { AuditEntry } from '#audit'
import { hashSecret } from '#foundation'
import type { GrantId, MemberId } from '#foundation'
import type { Grant, GrantTerms } from './grant.ts'

/**
 * Where a grant that nobody consents to stands: client_credentials, token exchange, ID-JAG. The same request again
 * finds the same grant, so that people see one entry that they can end, and rows don't grow with requests.
 */
export type Slot = {
  /** The same for requests that share a grant. */
  key: string
  /** What an ending closes: nothing is given in it any more until an administrator opens it. */
  group: string
}

/** `group` says whom an ending shuts out, `terms` what is given. */
export function slotOf(
  group: readonly string[],
  { resource, scopes, member }: GrantTerms,
  ...more: string[]
): Slot {
  const name = JSON.stringify(group)
  const given = JSON.stringify([name, resource, scopes.toSorted(), member, more])
  return { key: hashSecret(given), group: hashSecret(name) }
}

export type Occupied =
  | { grant: Grant; made: boolean }
  /** One of the group was ended or ran out, and no administrator opened it again. */
  | 'closed'
  /** Its person holds another one of the group back, or took something from it: nothing is made beside that. */
  | 'paused'
  | 'narrowed'
  /** What it would be exchanged from is no longer alive. */
  | 'orphaned'

export interface SlotStore {
  /**
   * The live grant of the slot, made with its audit entry when there is none: one, whoever asks at the same time. A
   * grant with a parent is made under a lock on its whole line, so that who ends that ends this too.
   */
  occupy(slot: Slot, made: { id: GrantId; at: Date; terms: GrantTerms }, entry: AuditEntry): Promise<Occupied>
  /** Gives a grant more scopes, which its person allowed elsewhere. False where somebody took something from it here. */
  widen(id: GrantId, scopes: readonly string[], entry: AuditEntry): Promise<boolean>
  /** When a grant of this client's slots was ended last, if that keeps it out; null when nothing does. */
  closedSince(clientId: string, now: Date): Promise<Date | null>
  /** Lets the client's slots be used again. False when none was closed. */
  open(clientId: string, at: Date, entry: AuditEntry): Promise<boolean>
  /** The resources whose tokens this client may exchange though they were given to others. */
  exchangeableBy(clientId: string): Promise<string[]>
  setExchangeable(
    clientId: string,
    resources: readonly string[],
    by: { member: MemberId; at: Date },
    entry: AuditEntry,
  ): Promise<void>
}
