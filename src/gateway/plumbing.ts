import { isObject, toolCallsIn } from '#foundation'

const plumbing = /^(initialize|ping|server\/discover|tools\/list|notifications\/.*)$/

/** Methods that are known to change nothing at an upstream. What isn't among them may change anything. */
const reading: ReadonlySet<string> = new Set([
  'prompts/list',
  'prompts/get',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'resources/subscribe',
  'resources/unsubscribe',
  'completion/complete',
  'logging/setLevel',
  'subscriptions/listen',
  'tasks/get',
  'tasks/list',
  'tasks/result',
])

/** What every client does before its first call. A GET or DELETE has no message. */
export function isPlumbing(body: unknown): boolean {
  return messagesIn(body).every((one) => needOf(methodOf(one)) === null)
}

/** What a message that calls no tool needs of a grant; null: nothing, as a grant for one tool begins and lists too. */
export function needOf(method: string | undefined): 'read' | 'write' | null {
  if (method === undefined || plumbing.test(method)) return null
  return reading.has(method) ? 'read' : 'write'
}

/** What the record says was called, of each message in a body: the tool, or the method. */
export function calledIn(body: unknown): string[] {
  return messagesIn(body).flatMap((one) => {
    const [call] = toolCallsIn(one)
    return call?.name ?? methodOf(one) ?? []
  })
}

/** Each message of a body, however deep in a batch. */
export function messagesIn(body: unknown): unknown[] {
  return Array.isArray(body) ? body.flatMap(messagesIn) : [body]
}

export function methodOf(message: unknown): string | undefined {
  return isObject(message) && typeof message['method'] === 'string' ? message['method'] : undefined
}
