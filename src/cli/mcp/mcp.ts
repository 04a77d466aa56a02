import { parseArgs } from 'node:util'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio'
import { loadConfig, SetupError } from '#foundation'
import { pipe } from './pipe.ts'
import { createSignIn, requireSafe } from './sign-in.ts'
import { openSignInStore } from './sign-in-store.ts'

/**
 * `tandem mcp [NAME] --stdio`: a running Tandem, or one of its upstreams, for clients that start a program and talk to it
 * over stdio. It signs its person in by a page and a code (RFC 8628), and holds no more rights than she gave there.
 */
export async function mcp(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    options: {
      url: { type: 'string' },
      scope: { type: 'string' },
      stdio: { type: 'boolean', default: false },
      'sign-in': { type: 'boolean', default: false },
      'sign-out': { type: 'boolean', default: false },
    },
    allowPositionals: true,
  })
  const { stdio, 'sign-in': begin, 'sign-out': end, scope } = values
  if ([stdio, begin, end].filter(Boolean).length !== 1)
    throw new SetupError('Say one of --stdio, --sign-in and --sign-out')
  const resource = resourceOf(values.url ?? loadConfig(process.env).issuer, positionals)
  // Standard output belongs to the protocol.
  const tell = (line: string) => void process.stderr.write(`${line}\n`)
  const signIn = createSignIn({ resource, scope, store: openSignInStore(), tell })
  if (begin) await signIn.begin()
  else if (end) await signIn.end()
  else await serve(resource, signIn)
  return 0
}

async function serve(resource: URL, signIn: ReturnType<typeof createSignIn>): Promise<void> {
  // Before the first message: whoever started us may show what we tell meanwhile.
  let token = await signIn.token()
  const remote = new StreamableHTTPClientTransport(resource, {
    redirectPolicy: 'same-origin',
    authProvider: {
      async token() {
        return (token = await signIn.token())
      },
      onUnauthorized: () => signIn.replace(token),
    },
  })
  await pipe(new StdioServerTransport(), remote)
}

/** The install's own endpoint or an upstream's, by an origin and a name, or by the whole address. @throws SetupError */
function resourceOf(address: string, [name, ...more]: string[]): URL {
  if (more.length > 0) throw new SetupError('Name one upstream')
  if (!URL.canParse(address)) throw new SetupError(`Not an address: ${address}`)
  const url = new URL(address)
  requireSafe(url)
  if (url.pathname !== '/') {
    if (name !== undefined) throw new SetupError('Give an origin and a name, or a whole address')
    return url
  }
  return new URL(name === undefined ? '/mcp' : `/mcp/${encodeURIComponent(name)}`, url)
}
