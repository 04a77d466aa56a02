import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as OldTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'

const bearer = (token: string) => ({ requestInit: { headers: { Authorization: `Bearer ${token}` } } })

/** The official client with a token; it negotiates the newest revision unless told to stay with the older ones. */
export async function modernClient(
  url: string,
  token: string,
  mode: 'auto' | 'legacy' = 'auto',
): Promise<Client> {
  const client = new Client({ name: 'notebook', version: '1' }, { versionNegotiation: { mode } })
  await client.connect(new StreamableHTTPClientTransport(new URL(url), bearer(token)))
  return client
}

/** The first generation of the official client, with a token. */
export async function oldClient(url: string, token: string): Promise<OldClient> {
  const client = new OldClient({ name: 'notebook', version: '1' })
  await client.connect(new OldTransport(new URL(url), bearer(token)) as Transport)
  return client
}

/** The text of a tool's result. */
export function textOf(result: object): string {
  const [first] = 'content' in result && Array.isArray(result.content) ? (result.content as unknown[]) : []
  return typeof first === 'object' && first !== null && 'text' in first ? String(first.text) : ''
}
