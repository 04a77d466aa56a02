import type { ChangeSetView } from '#contract'
import { recordsChanged } from '#crm'
import { upstreamChanged } from '#gateway'
import { approvalsChanged } from '#oauth'
import type { MemberActor } from '#identity'
import type { ApiDependencies } from '../dependencies.ts'
import { ApiFailure } from '../errors.ts'
import { forMembers } from '../route.ts'
import type { Route } from '../route.ts'

const heartbeat = 25_000
const maxStreams = 500
const maxPerMember = 20

/**
 * Live changes, ids only: the page asks again for what it shows. Each change set is read as the member
 * reads it, so nobody hears of records that she couldn't see. A stream ends with its session.
 */
export function eventRoutes(dependencies: ApiDependencies): { routes: Route[]; close(): void } {
  const { identity, crm, events, log } = dependencies
  const open = new Map<() => void, string>()

  const stream = (actor: MemberActor, request: Request): Response => {
    const mine = [...open.values()].filter((member) => member === actor.member).length
    if (open.size >= maxStreams || mine >= maxPerMember) {
      throw new ApiFailure('too_large', 'Too many pages are listening. Close some')
    }
    const encoder = new TextEncoder()
    let end = (): void => undefined
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        const send = (text: string): void => {
          // A reader that doesn't read is let go; the browser comes back by itself.
          if ((controller.desiredSize ?? 0) < -1000) return end()
          controller.enqueue(encoder.encode(text))
        }
        const changed = async (id: string): Promise<void> => {
          const changeSet = await crm.changes.get(actor, id).catch(() => null)
          if (changeSet && open.has(end)) send(message('change', idsOf(changeSet)))
        }
        const check = async (): Promise<void> => {
          const still = await identity.actorForSession(request)
          if (still?.session !== actor.session) return end()
          if (open.has(end)) send(': still here\n\n')
        }
        const timer = setInterval(() => {
          check().catch((error: unknown) => {
            log.warn({ err: error }, 'a live stream could not check its session')
            end()
          })
        }, heartbeat)
        timer.unref()
        const leave = [
          events.subscribe(recordsChanged, ({ changeSet }) => void (changeSet && changed(changeSet))),
          events.onGap(() => send(message('gap', {}))),
          // Which app waits is for the page to ask; that something changed is all that travels.
          events.subscribe(approvalsChanged, () => {
            if (actor.role === 'administrator') send(message('approvals', {}))
          }),
          events.subscribe(upstreamChanged, () => {
            if (actor.role === 'administrator') send(message('upstreams', {}))
          }),
          identity.sessions.onEnd(actor.session, () => end()),
        ]
        end = () => {
          if (!open.delete(end)) return
          clearInterval(timer)
          for (const step of leave) step()
          try {
            controller.close()
          } catch {
            // The reader has gone already.
          }
        }
        open.set(end, actor.member)
        send('retry: 2000\n\n')
      },
      cancel: () => end(),
    })
    return new Response(body, {
      headers: {
        'Content-Type': 'text/event-stream',
        'Cache-Control': 'no-store',
        'X-Accel-Buffering': 'no',
      },
    })
  }

  return {
    routes: [
      forMembers(
        'GET /events',
        { summary: 'Live changes, as server-sent events' },
        async ({ actor, request }) => stream(actor, request),
      ),
    ],
    close() {
      for (const end of open.keys()) end()
    },
  }
}

function message(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}

function idsOf({ id, changes }: ChangeSetView) {
  return { changeSet: id, records: changes.map(({ object, recordId }) => ({ object, id: recordId })) }
}
