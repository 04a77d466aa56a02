import { approvalsChanged } from '#oauth'
import type { OAuth } from '#oauth'
import { startQueueMail } from './queue-mail.ts'
import type { QueueMailDependencies, Untold } from './queue-mail.ts'

/**
 * Tells administrators by mail that apps wait for them. What the apps call themselves isn't in it: a stranger would
 * be writing to them through us.
 */
export function startApprovalMail({
  approvals,
  issuer,
  ...deps
}: Omit<QueueMailDependencies, 'what' | 'topic' | 'take'> & {
  approvals: Pick<OAuth['approvals'], 'takeUntold'>
  issuer: string
}): ReturnType<typeof startQueueMail> {
  const take = async (): Promise<Untold> => {
    const { clients, giveBack } = await approvals.takeUntold()
    return { message: clients.length === 0 ? null : wordsFor(clients.length, issuer), giveBack }
  }
  return startQueueMail({ ...deps, what: 'apps', topic: approvalsChanged, take })
}

function wordsFor(count: number, issuer: string): { subject: string; text: string } {
  const subject = count === 1 ? 'An app waits for your approval' : `${count} apps wait for your approval`
  const text = `${subject} in Tandem. Until an administrator decides, ${
    count === 1 ? 'it' : 'each of them'
  } can do nothing.

See who asked, for what and from where, and decide:
${issuer}/settings/approvals
`
  return { subject, text }
}
