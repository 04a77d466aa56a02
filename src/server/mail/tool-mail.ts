import { upstreamChanged } from '#gateway'
import type { Gateway } from '#gateway'
import { startQueueMail } from './queue-mail.ts'
import type { QueueMailDependencies, Untold } from './queue-mail.ts'

/**
 * Tells administrators by mail that tools of upstreams wait for a review. The upstreams are called what an
 * administrator called them; nothing that they say themselves is in it.
 */
export function startToolMail({
  upstreams,
  issuer,
  ...deps
}: Omit<QueueMailDependencies, 'what' | 'topic' | 'take'> & {
  upstreams: Pick<Gateway['admin'], 'takeUntold'>
  issuer: string
}): ReturnType<typeof startQueueMail> {
  const take = async (): Promise<Untold> => {
    const { tools, upstreams: titles, giveBack } = await upstreams.takeUntold()
    return { message: tools === 0 ? null : wordsFor(tools, titles, issuer), giveBack }
  }
  return startQueueMail({ ...deps, what: 'tools', topic: upstreamChanged, take })
}

function wordsFor(
  count: number,
  titles: readonly string[],
  issuer: string,
): { subject: string; text: string } {
  const what = count === 1 ? 'A tool is new or has changed' : `${count} tools are new or have changed`
  const text = `${what} at ${titles.join(', ') || 'an upstream'}. Agents go on as before until an administrator has looked.

See what changed, and decide:
${issuer}/settings/upstreams
`
  return { subject: `${what} and ${count === 1 ? 'waits' : 'wait'} for your review`, text }
}
