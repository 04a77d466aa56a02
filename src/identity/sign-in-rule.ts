import type { MemberRole, SecondFactorRule } from '#contract'
import type { MemberId } from '#foundation'
import type { Kysely } from '#storage'
import type { Tx } from './context.ts'
import { isStrong, readMethods } from './methods.ts'
import type { Sessions } from './sessions.ts'
import type { IdentityTables } from './tables.ts'

/** True when the administrators' rule asks this role for a second factor. */
export function requiresSecondFactor(rule: SecondFactorRule, role: MemberRole): boolean {
  return rule === 'everyone' || (rule === 'administrators' && role === 'administrator')
}

export async function readRule(on: Kysely<IdentityTables>): Promise<SecondFactorRule> {
  const row = await on.selectFrom('sign_in_rule').select('second_factor').executeTakeFirstOrThrow()
  return row.second_factor
}

/** Ends the sessions that one factor opened of those whom the rule asks for two. Resolves to whose they were. */
export async function endWeakSessions(
  tx: Tx,
  sessions: Sessions,
  rule: SecondFactorRule,
  only?: MemberId,
): Promise<Set<MemberId>> {
  let query = tx
    .selectFrom('session')
    .innerJoin('member', 'member.id', 'session.member_id')
    .select(['session.id', 'session.methods', 'member.id as member', 'member.role'])
  if (only) query = query.where('member.id', '=', only)
  const ended = new Set<MemberId>()
  for (const { id, methods, member, role } of await query.execute()) {
    if (!requiresSecondFactor(rule, role) || isStrong(readMethods(methods))) continue
    await sessions.end(tx, member, { only: id })
    ended.add(member)
  }
  return ended
}
