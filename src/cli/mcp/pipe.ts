import {
  InsufficientScopeError,
  isJSONRPCRequest,
  isJSONRPCResponse,
  PROTOCOL_VERSION_META_KEY,
  SdkHttpError,
} from '@modelcontextprotocol/client'
import type {
  JSONRPCMessage,
  JSONRPCRequest,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client'
import type { StdioServerTransport } from '@modelcontextprotocol/server/stdio'

type Under = { request: JSONRPCRequest; control: AbortController }

/** JSON-RPC 2.0 §5.1, of the server's own: what Tandem says of trouble with something further on. */
const troubleCode = -32050

/**
 * Carries messages between a client on our standard input and output and a server over HTTP, both ways, as they are.
 * Resolves when the client hangs up.
 */
export async function pipe(
  local: StdioServerTransport,
  remote: StreamableHTTPClientTransport,
): Promise<void> {
  const under = new Map<string | number, Under>()
  const say = (message: JSONRPCMessage) => void local.send(message).catch(() => undefined)
  const fail = ({ id }: JSONRPCRequest, message: string) => {
    if (under.delete(id)) say({ jsonrpc: '2.0', id, error: { code: troubleCode, message } })
  }

  const forward = async (message: JSONRPCMessage): Promise<void> => {
    if (!isJSONRPCRequest(message)) return remote.send(message)
    const control = new AbortController()
    under.set(message.id, { request: message, control })
    await remote.send(message, {
      requestSignal: control.signal,
      onRequestStreamEnd: () => fail(message, 'The server hung up before it answered'),
    })
  }

  const fromClient = (message: JSONRPCMessage) => {
    if (givesUp(message, under)) return
    forward(message).catch((error: unknown) => {
      if (isJSONRPCRequest(message)) fail(message, sentenceFor(error))
    })
  }
  const fromServer = (message: JSONRPCMessage) => {
    if (isJSONRPCResponse(message) && message.id !== undefined) {
      const asked = under.get(message.id)
      under.delete(message.id)
      if (asked?.request.method === 'initialize') adoptVersion(message, remote)
    }
    say(message)
  }
  Object.assign(remote, { onmessage: fromServer })
  const hungUp = new Promise<void>((resolve) => {
    Object.assign(local, { onmessage: fromClient, onclose: resolve })
  })
  await remote.start()
  await local.start()
  await hungUp
  for (const { control } of under.values()) control.abort()
  // MCP 2025-11-25, "Session Management": a session that nobody needs is ended.
  await remote.terminateSession().catch(() => undefined)
  await remote.close()
}

/**
 * MCP 2026-07-28 over HTTP: a call is given up by closing its stream, not by a message. Older revisions have the message,
 * which goes on as it is.
 */
function givesUp(message: JSONRPCMessage, under: Map<string | number, Under>): boolean {
  if (!('method' in message) || message.method !== 'notifications/cancelled') return false
  const id = message.params?.['requestId']
  if (typeof id !== 'string' && typeof id !== 'number') return false
  const found = under.get(id)
  if (found?.request.params?._meta?.[PROTOCOL_VERSION_META_KEY] === undefined) return false
  under.delete(id)
  found.control.abort()
  return true
}

/** MCP 2025-11-25, "Protocol Version Header": what was agreed on goes with every request from then on. */
function adoptVersion(answer: JSONRPCMessage, remote: StreamableHTTPClientTransport): void {
  if (!('result' in answer)) return
  const version = answer.result['protocolVersion']
  if (typeof version === 'string') remote.setProtocolVersion(version)
}

/** What the client shows its person. */
function sentenceFor(error: unknown): string {
  if (error instanceof InsufficientScopeError)
    return `This needs more than you allowed: ${error.requiredScope ?? 'other scopes'}. Run tandem mcp again with --sign-in and --scope`
  if (error instanceof SdkHttpError)
    return messageIn(error.data.text) ?? `The server answered ${error.data.status}`
  return error instanceof Error ? error.message : 'The server can’t be reached'
}

/** The sentence of a JSON-RPC error that came with a status of HTTP. */
function messageIn(text: unknown): string | undefined {
  try {
    const { error } = JSON.parse(String(text)) as { error?: { message?: unknown } }
    return typeof error?.message === 'string' ? error.message : undefined
  } catch {
    return undefined
  }
}
