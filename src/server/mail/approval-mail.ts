import type { Clock, Events, Log } from '#foundation'
import { approvalsChanged } from '#oauth'
import type { OAuth } from '#oauth'
import type { Mail } from './mail.ts'

/** Milliseconds between two mails about the queue, so that a flood of apps is no flood of mails. */
const quiet = 10 * 60 * 1000
/** Milliseconds after which the queue is looked at without being told: an event may be lost with its process. */
const interval = 60_000

/**
 * Tells administrators by mail that apps wait for them. What the apps call themselves isn't in it: a stranger would
 * be writing to them through us.
 */
export function startApprovalMail(deps: {
  mail: Mail
  approvals: Pick<OAuth['approvals'], 'takeUntold'>
  administrators: () => Promise<readonly string[]>
  events: Events
  issuer: string
  clock: Clock
  log: Log
}): { tell(): Promise<void>; close(): Promise<void> } {
  const { mail, approvals, administrators, events, issuer, clock, log } = deps
  let told = Number.NEGATIVE_INFINITY
  let running: Promise<void> = Promise.resolve()

  const tellOnce = async (): Promise<void> => {
    const now = clock.now().getTime()
    if (now - told < quiet) return
    const { clients, giveBack } = await approvals.takeUntold()
    if (clients.length === 0) return
    told = now
    try {
      const to = await administrators()
      if (to.length > 0) await mail.send({ to, ...wordsFor(clients.length, issuer) })
    } catch (err) {
      log.warn({ err }, 'administrators could not be told by mail that apps wait')
      await giveBack()
    }
  }
  const tell = (): Promise<void> => {
    running = running.then(tellOnce).catch((err: unknown) => log.warn({ err }, 'the queue could not be read'))
    return running
  }
  const timer = setInterval(() => void tell(), interval)
  timer.unref()
  const leave = events.subscribe(approvalsChanged, () => void tell())
  return {
    tell,
    async close() {
      clearInterval(timer)
      leave()
      await running
    },
  }
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
