import { isObject } from '#foundation'

const plumbing = /^(initialize|ping|server\/discover|tools\/list|notifications\/.*)$/

/** What every client does before its first call. A GET or DELETE has no message. */
export function isPlumbing(body: unknown): boolean {
  const messages = Array.isArray(body) ? body : [body]
  return messages.every((one) => {
    const method = methodOf(one)
    return method === undefined || plumbing.test(method)
  })
}

export function methodOf(message: unknown): string | undefined {
  return isObject(message) && typeof message['method'] === 'string' ? message['method'] : undefined
}
