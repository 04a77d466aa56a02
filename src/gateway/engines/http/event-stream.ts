import { UpstreamTrouble } from '../../engine.ts'

/** Bytes of an upstream's answer as they come, as undici's body gives them. */
export type Incoming = AsyncIterable<Uint8Array> & {
  destroy(error?: Error): unknown
  on(event: 'error', listener: () => void): unknown
}

export type EventStreamOptions = {
  /** Bytes of one event. */
  limit: number
  /** Milliseconds without anything after which it is given up; null: never. */
  silence: number | null
  /** Takes out of an event what its reader mustn't see. */
  hide(event: string): string
  /** What becomes of the text of an event. @throws UpstreamTrouble */
  rewrite(text: string): string
  /** What the client is told in place of an event's id. */
  closeId(id: string): string
  /** The last event to send when it goes wrong, or nothing. */
  farewell(trouble: UpstreamTrouble): string | undefined
  /** Once, whatever ended it. */
  ended(how?: UpstreamTrouble['kind'] | 'abandoned'): void
}
export type EventStream = {
  body: ReadableStream<Uint8Array>
  /** Ends it from our side. */
  end(): void
}

/**
 * Passes an event stream on, event by event: nothing is read before the client took what came before, and what a
 * client leaves is left upstream too.
 */
export function eventStream(incoming: Incoming, options: EventStreamOptions): EventStream {
  const { limit, silence, hide, rewrite, closeId, farewell, ended } = options
  const chunks = incoming[Symbol.asyncIterator]()
  const decoder = new TextDecoder()
  const encoder = new TextEncoder()
  let waiting = ''
  let carriageReturn = false
  let searched = 0
  let over = false
  let finish: () => void = () => undefined
  let fail: (trouble: UpstreamTrouble) => void = () => undefined
  const timer =
    silence === null
      ? undefined
      : setTimeout(() => fail(new UpstreamTrouble('late', `nothing came in ${silence} ms`)), silence)
  // Leaving it makes it emit an error that nobody waits for.
  incoming.on('error', () => undefined)

  const stop = (how?: UpstreamTrouble['kind'] | 'abandoned'): boolean => {
    if (over) return false
    over = true
    clearTimeout(timer)
    incoming.destroy()
    ended(how)
    return true
  }

  /** Lines end with LF, CR or both: a CR at a chunk's end waits for what comes after it. */
  const plainLines = (chunk: string): string => {
    const text = carriageReturn ? `\r${chunk}` : chunk
    carriageReturn = text.endsWith('\r')
    const whole = carriageReturn ? text.slice(0, -1) : text
    return whole.includes('\r') ? whole.replaceAll(/\r\n?/g, '\n') : whole
  }

  const check = (text: string): void => {
    // Bytes are counted only where the number of letters leaves it open.
    if (text.length > limit || (text.length * 3 > limit && Buffer.byteLength(text) > limit))
      throw new UpstreamTrouble('too_large', `one event is larger than ${limit} bytes`)
  }

  /** All events that are there whole. */
  const take = (): string => {
    let out = ''
    for (;;) {
      const at = waiting.indexOf('\n\n', searched)
      if (at < 0) break
      const event = waiting.slice(0, at)
      check(event)
      out += rewriteEvent(withClosedId(hide(event), closeId), rewrite)
      waiting = waiting.slice(at + 2)
      searched = 0
    }
    searched = Math.max(0, waiting.length - 1)
    check(waiting)
    return out
  }

  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      finish = () => {
        if (stop('abandoned')) controller.close()
      }
      fail = (trouble) => {
        if (!stop(trouble.kind)) return
        const last = farewell(trouble)
        if (last !== undefined) controller.enqueue(encoder.encode(`event: message\ndata: ${last}\n\n`))
        controller.close()
      }
    },
    async pull(controller) {
      try {
        for (;;) {
          const { done, value } = await chunks.next()
          if (over) return
          timer?.refresh()
          // HTML, "Server-sent events": what isn't ended by an empty line is no event.
          if (done) {
            if (stop()) controller.close()
            return
          }
          waiting += plainLines(decoder.decode(value, { stream: true }))
          const out = take()
          if (out !== '') return controller.enqueue(encoder.encode(out))
        }
      } catch (error) {
        fail(
          error instanceof UpstreamTrouble
            ? error
            : new UpstreamTrouble('unreachable', 'the stream broke', { cause: error }),
        )
      }
    },
    cancel: () => void stop('abandoned'),
  })
  return { body, end: () => finish() }
}

function withClosedId(event: string, closeId: (id: string) => string): string {
  if (!event.startsWith('id:') && !event.includes('\nid:')) return event
  return event
    .split('\n')
    .map((line) => {
      const id = line.startsWith('id:') ? line.slice(line[3] === ' ' ? 4 : 3) : ''
      return id === '' ? line : `id: ${closeId(id)}`
    })
    .join('\n')
}

function rewriteEvent(event: string, rewrite: (text: string) => string): string {
  // Only answers are changed, and an answer has that word, or spells it with an escape.
  if (!event.includes('"result"') && !event.includes('\\u')) return `${event}\n\n`
  const lines = event.split('\n')
  const data = lines
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(line[5] === ' ' ? 6 : 5))
  const text = data.join('\n')
  // Comments, ids and the empty event that begins a stream which can be resumed.
  if (text.trim() === '') return `${event}\n\n`
  const next = rewrite(text)
  if (next === text) return `${event}\n\n`
  const rest = lines.filter((line) => !line.startsWith('data:'))
  return `${[...rest, ...next.split('\n').map((line) => `data: ${line}`)].join('\n')}\n\n`
}
