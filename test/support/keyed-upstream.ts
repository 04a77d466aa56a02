import { startTestUpstream } from './test-upstream.ts'
import type { TestUpstream } from './test-upstream.ts'

export type KeyedUpstream = TestUpstream & {
  /** Keys that it takes. */
  keys: Set<string>
  /** Keys that came, good or not, in order. */
  came: string[]
  /** Happens while it looks at a key. */
  meanwhile: ((key: string) => Promise<unknown>) | null
}

/** An MCP server that wants a key with every request, and has a tool, `who`, that says whose it was. */
export async function startKeyedUpstream(...keys: string[]): Promise<KeyedUpstream> {
  const upstream = await startTestUpstream()
  const keyed: KeyedUpstream = Object.assign(upstream, { keys: new Set(keys), came: [], meanwhile: null })
  keyed.answer = async ({ headers }, response) => {
    const key = /^Bearer (.*)$/.exec(headers.authorization ?? '')?.[1] ?? ''
    keyed.came.push(key)
    await keyed.meanwhile?.(key)
    if (keyed.keys.has(key)) return false
    // As careless servers do: it says what it was sent.
    response.writeHead(401, { 'Content-Type': 'text/plain' }).end(`I don't take ${key}`)
    return true
  }
  return keyed
}
