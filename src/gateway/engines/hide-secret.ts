import { UpstreamRefusal } from '../engine.ts'
import type { Source, UpstreamAccess } from '../engine.ts'

/** Shorter ones are words: taking them out of every answer would spoil it. */
const shortest = 8

/** Takes what a call carried out of a text of JSON that came back: careless servers say what they were sent (attacks G6). */
export function hider({ secret }: Pick<UpstreamAccess, 'secret'>): (text: string) => string {
  if (secret === null) return (text) => text
  // Everybody's secret may be a whole header, scheme and all. It comes first: its part alone would leave the rest.
  const secrets = [...new Set([secret, secret.slice(secret.lastIndexOf(' ') + 1)])]
    .filter(({ length }) => length >= shortest)
    .map((text) => ({
      text,
      // In place of digits others, since they may stand in a number.
      by: /^[\d.eE+-]+$/.test(text) ? '1'.repeat(text.length) : '[hidden]',
      isEscaped: !/^[\w.~-]+$/.test(text),
    }))
  return (answer) => {
    let safe = answer
    for (const { text, by, isEscaped } of secrets) {
      if (safe.includes(text)) safe = safe.replaceAll(text, by)
      if (isEscaped && safe.includes('\\')) safe = safe.replaceAll(escaped(text), by)
    }
    return safe
  }
}

/** Some write more escapes than JSON asks for: `\/`, `\u002B`. Letters and digits nobody does. */
function escaped(secret: string): RegExp {
  const parts = secret.split('').map((one) => {
    const code = one.charCodeAt(0).toString(16).padStart(4, '0')
    const anyCase = code.replaceAll(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`)
    return /\w/.test(one) ? one : `(?:\\\\?\\u${code}|\\\\u${anyCase})`
  })
  return new RegExp(parts.join(''), 'g')
}

/** The same source, whose answers, refusals and news don't have what it was asked with. */
export function withoutSecret(source: Source, access: UpstreamAccess): Source {
  if (access.secret === null) return source
  const hide = hider(access)
  const { request } = source
  const safe = async <T>(answer: Promise<T>): Promise<T> => {
    try {
      const value = await answer
      const text = JSON.stringify(value)
      const told = hide(text)
      return told === text ? value : JSON.parse(told)
    } catch (error) {
      throw error instanceof UpstreamRefusal ? new UpstreamRefusal(error.code, hide(error.message)) : error
    }
  }
  return {
    ...source,
    listTools: (signal) => safe(source.listTools(signal)),
    callTool({ progress, ...call }, signal) {
      const tell: typeof progress =
        progress &&
        (({ message, ...news }) =>
          progress({ ...news, ...(message !== undefined && { message: hide(message) }) }))
      return safe(source.callTool({ ...call, ...(tell && { progress: tell }) }, signal))
    },
    ...(request && { request: (...asked: Parameters<typeof request>) => safe(request(...asked)) }),
  }
}
