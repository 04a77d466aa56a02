import type { OutwardClient } from '#foundation'
import { ConnectFailure } from './connect-failure.ts'

/**
 * A server out there may not send us to one in here: that a private network may be reached is the operator's word for
 * the servers that an administrator names, not for what those name in turn (attacks S1). @throws ConnectFailure
 */
export async function refuseInward(
  outward: Pick<OutwardClient, 'isInside'>,
  from: string,
  to: string,
): Promise<void> {
  if (new URL(from).origin === new URL(to).origin) return
  if ((await outward.isInside(from)) || !(await outward.isInside(to))) return
  throw new ConnectFailure('metadata', `${from} names ${to}, which is in a private network`)
}
