import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

type Message = { id?: string | number; method?: string; params?: Record<string, unknown> }
export type Received = {
  method: string
  headers: IncomingMessage['headers']
  raw: string[]
  message: Message
}
export type TestUpstream = {
  url: string
  port: number
  seen: Received[]
  /** Answers in place of the upstream's own way; true when it did. */
  answer: ((received: Received, response: ServerResponse) => boolean | Promise<boolean>) | null
  /** What `tools/list` says. */
  tools: Record<string, unknown>[]
  /** Which revisions it speaks. */
  speaks: { modern: boolean; legacy: boolean }
  /** Streams that are open. */
  open: Set<ServerResponse>
  close(): Promise<void>
}

export const whoTool = {
  name: 'who',
  description: 'Says whose key it was called with',
  inputSchema: { type: 'object', properties: { note: { type: 'string' } } },
  annotations: { readOnlyHint: true },
}
export const writeTool = { name: 'write', description: 'Writes', inputSchema: { type: 'object' } }

/** What stands for a secret in an answer, since the secret itself is taken out of it. */
export function markOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex').slice(0, 16)
}

/** An MCP server on bare `node:http` that says what it saw, and misbehaves when told to. */
export async function startTestUpstream(): Promise<TestUpstream> {
  let sessions = 0
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', async () => {
      const text = Buffer.concat(chunks).toString()
      const message = (text === '' ? {} : JSON.parse(text)) as Message
      const { method = '', headers, rawHeaders: raw } = request
      const received = { method, headers, raw, message }
      upstream.seen.push(received)
      if (await upstream.answer?.(received, response)) return
      own(received, response)
    })
  })
  const json = (
    response: ServerResponse,
    body: unknown,
    headers: Record<string, string> = {},
    status = 200,
  ) =>
    void response
      .writeHead(status, { 'Content-Type': 'application/json', ...headers })
      .end(JSON.stringify(body))
  const refuse = (response: ServerResponse, id: Message['id'], code: number, status: number) =>
    json(response, { jsonrpc: '2.0', id: id ?? null, error: { code, message: 'no' } }, {}, status)

  function own({ method, headers, message }: Received, response: ServerResponse): void {
    const { id, params = {} } = message
    const meta = params['_meta'] as Record<string, unknown> | undefined
    const modern = meta?.['io.modelcontextprotocol/protocolVersion'] !== undefined
    if (modern ? !upstream.speaks.modern : !upstream.speaks.legacy) return refuse(response, id, -32022, 400)
    if (method === 'GET') {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' })
      response.write(': open\n\n')
      upstream.open.add(response)
      response.on('close', () => upstream.open.delete(response))
      return
    }
    if (method === 'DELETE') return void response.writeHead(204).end()
    const result = (value: Record<string, unknown>, more: Record<string, string> = {}) =>
      json(
        response,
        { jsonrpc: '2.0', id, result: { ...value, ...(modern && { resultType: 'complete' }) } },
        more,
      )
    const info = { name: 'test-upstream', version: '1' }
    switch (message.method) {
      case 'server/discover':
        return result({ supportedVersions: ['2026-07-28'], capabilities: { tools: {} }, serverInfo: info })
      case 'initialize':
        return result(
          { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: info },
          { 'Mcp-Session-Id': `session-${++sessions}` },
        )
      case 'tools/list':
        return result({ tools: upstream.tools, ...(modern && { ttlMs: 86_400_000, cacheScope: 'public' }) })
      case 'tools/call': {
        const key = headers['authorization'] ?? headers['x-key']
        const who = typeof key === 'string' ? markOf(key) : 'nobody'
        return result({ content: [{ type: 'text', text: `${who} ${JSON.stringify(params['arguments'])}` }] })
      }
      default:
        if (id === undefined) return void response.writeHead(202).end()
        return refuse(response, id, -32601, modern ? 404 : 200)
    }
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // listening on a port, not on a pipe
  const upstream: TestUpstream = {
    url: `http://127.0.0.1:${port}/mcp`,
    port,
    seen: [],
    answer: null,
    tools: [whoTool, writeTool],
    speaks: { modern: true, legacy: true },
    open: new Set(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return upstream
}

/** A call as a client of 2026-07-28 sends it. */
export function modernCall(
  url: string,
  token: string,
  method: string,
  params: Record<string, unknown> = {},
  more: { id?: string | number; headers?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<Response> {
  const { id = 1, headers = {}, signal } = more
  return fetch(url, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${token}`,
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
      'MCP-Protocol-Version': '2026-07-28',
      'Mcp-Method': method,
      ...(typeof params['name'] === 'string' && { 'Mcp-Name': params['name'] }),
      ...headers,
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id,
      method,
      params: {
        ...params,
        _meta: {
          'io.modelcontextprotocol/protocolVersion': '2026-07-28',
          'io.modelcontextprotocol/clientInfo': { name: 'notebook', version: '1' },
          'io.modelcontextprotocol/clientCapabilities': {},
        },
      },
    }),
    ...(signal && { signal }),
  })
}

/** A message as a client of the older revisions sends it. */
export function legacyMessage(
  url: string,
  token: string,
  message: Record<string, unknown>,
  session?: string,
): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${token}`,
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
      ...(session !== undefined && { 'Mcp-Session-Id': session, 'MCP-Protocol-Version': '2025-11-25' }),
    },
    body: JSON.stringify({ jsonrpc: '2.0', ...message }),
  })
}
