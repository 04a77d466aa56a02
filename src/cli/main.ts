import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'
import { SetupError, version } from '#foundation'

const usage = `tandem setup [--yes] [--set NAME=VALUE…] [--import FILE] [--reset] [--force] [--json]
                              ask what an install needs, check it, write tandem.config.json
                              (a secret: --set NAME=@FILE or --set NAME=env:VARIABLE)
tandem start [--demo]       serve Tandem; --demo begins with a sales team's data
tandem status [--json]        does it run, and how is it
tandem test [--json]          from discovery to a tool call, at the address that agents use
tandem doctor [URL] [--register] [--json]
                              walk an agent's way in at any MCP server; name the step and the clients that fail
tandem audit verify [--json]  prove that nobody changed the record
tandem clients create --name NAME --redirect-uri URI… [--confidential]
                              [--grant-type T…] [--scope S] [--owner MEMBER] [--jwks FILE | --jwks-uri URI]
                              [--serves-resource URI] [--bound-tokens] [--pushed-requests] [--json]
tandem clients list [--json]  the apps that are known, and when each was used last
tandem clients rotate-secret CLIENT_ID [--overlap 1d] [--json]
tandem clients delete CLIENT_ID [--json]
tandem clients cleanup [--dry-run] [--json]
                              delete registrations that nobody used
tandem initial-access-tokens create [--uses N] [--days D] [--note TEXT] [--json]
tandem initial-access-tokens list | withdraw ID [--json]
tandem grants list [--json]   who may do what
tandem upstreams add http URL | twenty URL | stdio PROGRAM [--name NAME] [--title TITLE]
                              [--auth none|header|key|oauth] [--header H] [--prefix P] [--client-id ID]
                              [--base-url URL…] [--credential-stdin] [--accept-tools] [--json]
                              put somebody's MCP server, or a Twenty, behind Tandem
tandem upstreams list [--json]
tandem upstreams check NAME [--json]
tandem upstreams accept NAME [TOOL…] [--json]
                              let agents use tools that wait for a review
tandem upstreams remove NAME [--json]
tandem import twenty URL [--full] [--report FILE] [--json]
                              move a Twenty workspace in; again: what changed (key: TWENTY_API_KEY or stdin)
tandem twenty --stdio         your own Twenty as a local MCP server (TWENTY_API_KEY, TWENTY_BASE_URL)
tandem vault status [--json]  how many credentials are sealed with which key
tandem vault rewrap [--json]  seal all with the current key; calls go on meanwhile
tandem mcp [NAME] --stdio [--url URL] [--scope S]
                              Tandem, or one of its upstreams, for clients that only speak stdio
tandem mcp [NAME] --sign-in | --sign-out [--url URL] [--scope S]
tandem keys set UPSTREAM [--for EMAIL] [--base-url URL] [--json]
                              keep a person's key for an upstream; the key comes on standard input
tandem keys list [--json]     the keys that sign tokens
tandem keys rotate [--compromised] [--json]
tandem config [--json]        every setting, its value and its meaning
tandem backup FILE [--passphrase-file FILE] [--json]
                              the whole install in one sealed file, while it runs
tandem restore FILE [--passphrase-file FILE] [--json]
                              into an empty install
tandem version
tandem help
`

type Run = (args: string[]) => Promise<number>

// Each loads what it needs when it is asked for: `tandem version` doesn't wait for a database engine.
const commands: Record<string, Run> = {
  setup: async (args) => (await import('./setup/setup.ts')).setup(args),
  start: async (args) => (await import('./start.ts')).start(args),
  status: async (args) => (await import('./status.ts')).status(args),
  test: async (args) => (await import('./self-test/self-test.ts')).selfTest(args),
  doctor: async (args) => (await import('./doctor/doctor.ts')).doctor(args),
  config: async (args) => (await import('./config.ts')).config(args),
  'audit verify': async (args) => (await import('./audit-verify.ts')).auditVerify(args),
  'clients create': async (args) => (await import('./clients-create.ts')).clientsCreate(args),
  'clients list': async (args) => (await import('./clients-list.ts')).clientsList(args),
  'clients rotate-secret': async (args) =>
    (await import('./clients-rotate-secret.ts')).clientsRotateSecret(args),
  'clients delete': async (args) => (await import('./clients-delete.ts')).clientsDelete(args),
  'clients cleanup': async (args) => (await import('./clients-cleanup.ts')).clientsCleanup(args),
  'initial-access-tokens create': async (args) =>
    (await import('./initial-access-tokens.ts')).initialAccessTokensCreate(args),
  'initial-access-tokens list': async (args) =>
    (await import('./initial-access-tokens.ts')).initialAccessTokensList(args),
  'initial-access-tokens withdraw': async (args) =>
    (await import('./initial-access-tokens.ts')).initialAccessTokensWithdraw(args),
  'grants list': async (args) => (await import('./grants-list.ts')).grantsList(args),
  'upstreams add': async (args) => (await import('./upstreams-add.ts')).upstreamsAdd(args),
  'upstreams list': async (args) => (await import('./upstreams-list.ts')).upstreamsList(args),
  'upstreams check': async (args) => (await import('./upstreams-check.ts')).upstreamsCheck(args),
  'upstreams accept': async (args) => (await import('./upstreams-accept.ts')).upstreamsAccept(args),
  'upstreams remove': async (args) => (await import('./upstreams-remove.ts')).upstreamsRemove(args),
  'import twenty': async (args) => (await import('./import-twenty.ts')).importTwenty(args),
  twenty: async (args) => (await import('./twenty.ts')).twenty(args),
  'vault status': async (args) => (await import('./vault.ts')).vaultStatus(args),
  'vault rewrap': async (args) => (await import('./vault.ts')).vaultRewrap(args),
  mcp: async (args) => (await import('./mcp/mcp.ts')).mcp(args),
  'keys set': async (args) => (await import('./keys-set.ts')).keysSet(args),
  'keys list': async (args) => (await import('./keys-list.ts')).keysList(args),
  'keys rotate': async (args) => (await import('./keys-rotate.ts')).keysRotate(args),
  backup: async (args) => (await import('./backup.ts')).backup(args),
  restore: async (args) => (await import('./backup.ts')).restore(args),
  async version() {
    process.stdout.write(`${version}\n`)
    return 0
  },
  async help() {
    process.stdout.write(usage)
    return 0
  },
}
const spelled: Record<string, string> = {
  '--version': 'version',
  '-v': 'version',
  '--help': 'help',
  '-h': 'help',
}

/** Runs one command and resolves to the exit code: 0 done, 1 failed, 2 not understood. */
async function main(args: string[]): Promise<number> {
  const [first = 'help', second] = args
  const name = spelled[first] ?? first
  const [found, rest] = Object.hasOwn(commands, name)
    ? [commands[name], args.slice(1)]
    : [commands[`${name} ${second}`], args.slice(2)]
  if (!found) {
    process.stderr.write(`There is no such command: ${args.slice(0, 2).join(' ')}\n\n${usage}`)
    return 2
  }
  try {
    return await found(rest)
  } catch (error) {
    // A mistake in the settings or the arguments, or a refusal: one sentence, no stack.
    if (
      error instanceof SetupError ||
      (error instanceof Error && ['OAuthError', 'UpstreamError'].includes(error.name))
    ) {
      process.stderr.write(`${error.message}\n`)
      return 1
    }
    if (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')) {
      process.stderr.write(`${error.message}\n\n${usage}`)
      return 2
    }
    throw error
  }
}

// `tandem config | head`: who stops reading doesn't stop what was asked for.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})
// Compiled once, read afterwards: a warm start saves half its time. In our own folder, since who can write the
// system's temporary one could plant code there.
enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/tandem/compiled', import.meta.url)))
process.exitCode = await main(process.argv.slice(2))
