import { isObject } from '#foundation'
import type { Exchange } from '../../engine.ts'

/** Streams that only wait for news: they end with the token. The stream of a call's answer may outlast it. */
export function isListening({ request, message }: Pick<Exchange, 'request' | 'message'>): boolean {
  if (request.method === 'GET') return true
  return isObject(message?.value) && message.value['method'] === 'subscriptions/listen'
}

const reading =
  /^(ping|initialize|server\/discover|completion\/complete|prompts\/get|resources\/read|[a-z]+(\/[a-z]+)?\/list)$/

/** True for what changes nothing however often it is asked. A tool is never among it, whatever it says of itself. */
export function isRepeatable({ request, message }: Pick<Exchange, 'request' | 'message'>): boolean {
  if (request.method === 'GET') return true
  const { value } = message ?? {}
  return isObject(value) && typeof value['method'] === 'string' && reading.test(value['method'])
}
