import { addressList } from '#foundation'
import type { AddressList } from '#foundation'

/** A list of a setting; null where it names nobody, which means anybody. */
export function listOf(entries: readonly string[]): AddressList | null {
  return entries.length > 0 ? addressList(entries) : null
}
