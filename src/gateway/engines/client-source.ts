import { Client, ProtocolError } from '@modelcontextprotocol/client'
import { isObject, version } from '#foundation'
import { UpstreamRefusal, UpstreamTrouble } from '../engine.ts'
import type { Offers, Progress, Source } from '../engine.ts'
import type { ToolDefinition } from '../upstreams/upstream.ts'

/** Milliseconds, longer than any call: whoever asks has a clock of its own. */
const longest = 24 * 3600_000

/** A client of the official SDK that speaks whichever revision the server does, and has nothing a server could ask for. */
export function openClient(): Client {
  return new Client(
    { name: 'tandem', title: 'Tandem', version },
    {
      versionNegotiation: { mode: 'auto' },
      // Whoever called checks what a tool answers; the SDK would compile schemas that a stranger wrote.
      jsonSchemaValidator: {
        getValidator: () => (data) => ({ valid: true, data: data as never, errorMessage: undefined }),
      },
    },
  )
}

/** What a connected client reaches, for the bridge. `close` is whoever's who opened it. */
export function clientSource(client: Client, close: () => Promise<void>): Source {
  const offers: Offers = {}
  const { prompts, resources, completions } = client.getServerCapabilities() ?? {}
  if (prompts) offers.prompts = true
  if (resources) offers.resources = true
  if (completions) offers.completions = true
  return {
    offers,
    async listTools(signal) {
      const options = { signal, timeout: longest, cacheMode: 'refresh' as const }
      const { tools } = await heard(() => client.listTools(undefined, options))
      const listed: object[] = tools
      return listed.filter(isDefinition)
    },
    async callTool({ name, arguments: sent, progress }, signal) {
      const onprogress = progress && ((news: Loose<Progress>) => progress(tight(news)))
      const options = { signal, timeout: longest, ...(onprogress && { onprogress }) }
      const result = await heard(() => client.callTool({ name, arguments: sent }, options))
      const { content, structuredContent, isError, _meta } = result
      return {
        content,
        ...(isObject(structuredContent) && { structuredContent }),
        ...(isError === true && { isError }),
        ...(_meta && { _meta }),
      }
    },
    request: (method, params, signal) =>
      heard(() => client.request({ method, params }, { signal, timeout: longest })),
    close,
  }
}

// The SDK's types allow members that are there and undefined; what came as JSON has none.
type Loose<T> = { [Member in keyof T]: T[Member] | undefined }

function tight({ progress = 0, total, message }: Loose<Progress>): Progress {
  return { progress, ...(total !== undefined && { total }), ...(message !== undefined && { message }) }
}

function isDefinition(tool: object): tool is ToolDefinition {
  return 'name' in tool && 'inputSchema' in tool && isObject(tool.inputSchema)
}

/** The SDK's errors in the gateway's terms. */
export async function heard<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof ProtocolError) throw new UpstreamRefusal(error.code, error.message)
    throw troubleIn(error) ?? new UpstreamTrouble('unreachable', nameOf(error), { cause: error })
  }
}

/** What a transport of ours threw may come wrapped. */
function troubleIn(error: unknown): UpstreamTrouble | undefined {
  for (let one = error, depth = 0; one instanceof Error && depth < 5; one = one.cause, depth++)
    if (one instanceof UpstreamTrouble) return one
  return undefined
}

/** A word for the log: messages of the SDK may hold what the upstream wrote. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it can’t be asked'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
