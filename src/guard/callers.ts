import { comesFrom, refusedCaller } from '#foundation'
import type { AddressList, CameFrom } from '#foundation'
import { actorOf } from './actor-of.ts'
import type { VerifiedToken } from './types.ts'

const only = {
  server: 'This server answers programs',
  resource: 'This address may be called',
  grant: 'The access of this app was limited to be used',
} as const

/** A list of addresses, and what it is of; a grant's with the token that was shown. */
export type CallersList = {
  whose: keyof typeof only
  list: AddressList | null | undefined
  token?: VerifiedToken
}

/** A caller who isn't on a list: what it is told, and what the record says of it. Null for one who is. */
export function refuseCaller(from: CameFrom, { whose, list, token }: CallersList) {
  if (!list || comesFrom(from, [list])) return null
  return {
    words: refusedCaller(from, only[whose]),
    entry: {
      event: 'address.refused',
      outcome: 'refused' as const,
      actor: actorOf(token),
      ip: from.ip,
      detail: { list: whose, known: !from.unknown },
    },
  }
}
