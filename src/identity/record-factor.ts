import type { Context, Tx } from './context.ts'
import { memberIn, record } from './context.ts'
import type { From } from './identity.ts'

export type FactorEvent =
  | 'totp.added'
  | 'totp.removed'
  | 'passkey.added'
  | 'passkey.removed'
  | 'recovery_codes.renewed'
  | 'recovery_code.used'
  | 'session.confirmed'

/** One line of the record about how somebody proves who she is. */
export function recordFactor(
  context: Context,
  tx: Tx,
  member: { id: string; name: string },
  event: FactorEvent,
  from: From,
  detail: Record<string, string> = {},
): Promise<void> {
  return record(context, tx, { event, outcome: 'ok', actor: memberIn(member), ip: from.ip, detail })
}
