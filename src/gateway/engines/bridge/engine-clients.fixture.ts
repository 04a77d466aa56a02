import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as OldTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { upstreamLimits } from '#contract'
import type { UpstreamLimits } from '#contract'
import type { MemberId } from '#foundation'
import type { Engine, Exchange } from '../../engine.ts'
import type { Upstream } from '../../upstreams/upstream.ts'

/** An upstream with these tools accepted. */
export function upstreamOf(
  tools: Record<string, 'read' | 'write'>,
  given: Partial<Omit<Upstream, 'limits' | 'tools'>> & { limits?: Partial<UpstreamLimits> } = {},
): Upstream {
  return {
    id: 'ups_1' as Upstream['id'],
    name: 'box',
    title: 'Box',
    kind: 'stdio',
    url: null,
    server: 'box',
    baseUrls: [],
    auth: { kind: 'none' },
    ipAllowlist: [],
    enabled: true,
    changedAt: new Date(),
    ...given,
    limits: { ...upstreamLimits.parse({}), ...given.limits },
    tools: new Map(
      Object.entries(tools).map(([name, access]) => {
        const definition = { name, description: `pinned ${name}`, inputSchema: { type: 'object' } }
        return [name, { name, access, definition }]
      }),
    ),
  }
}

/** Who holds something open under a grant, told by `end` that it ended. */
export function testEndings() {
  const listeners = new Set<() => void>()
  return {
    listeners,
    ended: (_grant: string, listener: () => void) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    end: () => listeners.forEach((listener) => listener()),
  }
}

/** Clients of both SDKs that reach an engine by a `fetch` of their own, as people whose key is their name. */
export function engineClients(engine: Engine, upstream: Upstream) {
  const recorded: string[] = []
  const fetchAs =
    (person: string, scopes = ['box:read', 'box:write']) =>
    async (url: string | URL | Request, init?: RequestInit): Promise<Response> => {
      const request = new Request(url, init)
      if (request.method !== 'POST') return new Response(null, { status: 405 })
      const text = await request.clone().text()
      const caller = {
        actor: { kind: 'agent', member: `mem_${person}` as MemberId, grant: `grt_${person}` },
        ip: '127.0.0.1',
        token: { grantId: `grt_${person}`, scopes },
      } as unknown as Exchange['caller']
      return engine.answer({
        request,
        message: { text, value: JSON.parse(text) },
        caller,
        upstream,
        access: { baseUrl: 'stdio:box', headers: {}, secret: person },
        record: (called, outcome, code) =>
          void recorded.push([called, outcome, code].filter(Boolean).join(' ')),
      })
    }
  const modern = async (person = 'ada', scopes?: string[]) => {
    const client = new Client({ name: 'notebook', version: '1' }, { versionNegotiation: { mode: 'auto' } })
    const transport = new StreamableHTTPClientTransport(new URL('http://box.test/mcp'), {
      fetch: fetchAs(person, scopes),
    })
    await client.connect(transport)
    return client
  }
  const legacy = async (person = 'ada', scopes?: string[]) => {
    const client = new OldClient({ name: 'notebook', version: '1' })
    const transport = new OldTransport(new URL('http://box.test/mcp'), { fetch: fetchAs(person, scopes) })
    await client.connect(transport as Parameters<OldClient['connect']>[0])
    return client
  }
  return { modern, legacy, recorded, fetchAs }
}
