import { isId } from '#foundation'
import type { Log, MemberId } from '#foundation'
import type { MemberRole } from '#contract'
import type { Storage } from '#storage'
import type { AgentActor } from './actor.ts'
import type { ParseLimits, TokenFacts } from './identity.ts'
import type { IdentityTables } from './tables.ts'

type Person = { name: string; role: MemberRole }
const maxCached = 10_000

/** Turns verified tokens into actors. People are remembered until `member.changed`, actors as long as their token's object. */
export function createActorForToken(
  storage: Storage,
  parseLimits: ParseLimits,
  log: Log,
): (token: TokenFacts) => Promise<AgentActor | null> {
  const db = storage.db<IdentityTables>()
  const people = new Map<MemberId, Person>()
  let actors = new WeakMap<TokenFacts, AgentActor>()
  let generation = 0
  const forgetAll = (): void => {
    generation++
    people.clear()
    actors = new WeakMap()
  }
  storage.events.subscribe('member.changed', forgetAll)
  storage.events.onGap(forgetAll)

  const person = async (id: MemberId): Promise<Person | null> => {
    const known = people.get(id)
    if (known) return known
    const before = generation
    const row = await db
      .selectFrom('member')
      .select(['name', 'role'])
      .where('id', '=', id)
      .where('active', '=', true)
      .executeTakeFirst()
    if (!row) return null
    if (before === generation) {
      if (people.size >= maxCached) people.clear()
      people.set(id, row)
    }
    return row
  }

  return async (token) => {
    const known = actors.get(token)
    if (known) return known
    const before = generation
    if (!isId('mem', token.resourceOwner) || !isId('grt', token.grantId)) return null
    const who = await person(token.resourceOwner)
    if (!who) return null
    let limits
    try {
      limits = parseLimits(token.details)
    } catch (error) {
      log.warn(
        { err: error, grant: token.grantId },
        'a grant has limits that this version does not understand',
      )
      return null
    }
    const actor: AgentActor = {
      kind: 'agent',
      member: token.resourceOwner,
      name: who.name,
      role: who.role,
      grant: token.grantId,
      client: token.clientId,
      clientName: token.clientName,
      scopes: token.scopes,
      limits,
    }
    if (before === generation) actors.set(token, actor)
    return actor
  }
}
