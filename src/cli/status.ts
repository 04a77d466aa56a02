import { existsSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { createLog, loadConfig, version } from '#foundation'
import type { Config } from '#foundation'
import { openAdmin, runningAddress } from '#server'
import type { InstallStatus } from '#server'
import { z } from 'zod'
import { print } from './print.ts'

const health = z.looseObject({
  live: z.boolean(),
  ready: z.boolean().optional(),
  database: z.boolean().optional(),
})
const day = 86_400_000

/** `tandem status`: 0 when it runs and is ready, 1 when not. What could be better is told and changes nothing. */
export async function status(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { json: { type: 'boolean', default: false } } })
  const config = loadConfig(process.env)
  const running = await runningAddress(config)
  const elsewhere = running !== null && running !== config.issuer
  const seen = await askHealth(elsewhere ? running : besideProxies(config))
  // Only a running install is asked more: opening the database could bring its schema up to date.
  const facts = running !== null || seen?.live ? await askInstall(config) : null
  const ready = seen?.ready === true
  const warnings = facts ? warningsOf(facts, config) : []
  if (elsewhere)
    warnings.unshift(
      `It was started with other settings than these, which say ${config.issuer} (TANDEM_URL, PORT)`,
    )
  const found = {
    address: running ?? config.issuer,
    running: running !== null || seen !== null,
    ready,
    ...facts,
    warnings,
  }
  if (values.json) print(JSON.stringify(found))
  else show(found, facts)
  return ready ? 0 : 1
}

function show(
  found: { address: string; running: boolean; ready: boolean; warnings: string[] },
  facts: InstallStatus | null,
): void {
  const line = (name: string, what: string) => print(`${name.padEnd(12)} ${what}`)
  line('address', found.address)
  line('running', found.running ? (found.ready ? 'yes, and ready' : 'yes, but not ready') : 'no: npm start')
  if (facts) {
    line('version', facts.version)
    line('database', facts.database === 'server' ? 'PostgreSQL' : 'embedded')
    line('people', `${facts.members} members, ${facts.sessions} sessions`)
    line(
      'agents',
      Object.entries(facts.grants)
        .map(([state, count]) => `${count} ${state}`)
        .join(', '),
    )
    for (const { name, trouble } of facts.upstreams) line('upstream', `${name}: ${trouble ?? 'well'}`)
    line('record', `${facts.audit.entries} entries`)
    line('keys', facts.signingSince ? `sign since ${facts.signingSince}` : 'made with the first token')
    line('backup', facts.lastBackup ?? 'never')
  }
  for (const warning of found.warnings) print(`! ${warning}`)
}

/** On this computer, past any proxy. */
function besideProxies({ HOST, PORT }: Config): string {
  const host = HOST === '0.0.0.0' || HOST === '::' ? '127.0.0.1' : HOST.includes(':') ? `[${HOST}]` : HOST
  return `http://${host}:${PORT}`
}

async function askHealth(origin: string): Promise<z.infer<typeof health> | null> {
  try {
    const response = await fetch(`${origin}/health`, { signal: AbortSignal.timeout(5000) })
    return health.parse(await response.json())
  } catch {
    return null
  }
}

async function askInstall(config: Config): Promise<InstallStatus> {
  const admin = openAdmin(config, createLog('error'))
  try {
    return await admin.run('status', {})
  } finally {
    await admin.close()
  }
}

function warningsOf(facts: InstallStatus, config: Config): string[] {
  const age = facts.lastBackup === null ? null : Math.floor((Date.now() - Date.parse(facts.lastBackup)) / day)
  const isPublic = config.issuer.startsWith('https:')
  const all: [boolean, string][] = [
    [facts.version !== version, `Version ${facts.version} runs and ${version} is installed: restart it`],
    [!facts.claimed, 'Nobody has an account yet: the start printed where the first one is made'],
    [age === null, 'There is no backup: tandem backup FILE'],
    [age !== null && age > 7, `The last backup is ${age} days old`],
    [facts.waiting > 0, `${facts.waiting} apps wait for an administrator`],
    [
      facts.credentials.unreadable > 0,
      `${facts.credentials.unreadable} stored keys are sealed with a key that isn’t here`,
    ],
    [
      facts.credentials.broken > 0,
      `${facts.credentials.broken} stored keys don’t work any more; their people were told`,
    ],
    [
      isPublic && config.TANDEM_CLIENT_POLICY === 'open',
      'Any app on the internet may ask your people: TANDEM_CLIENT_POLICY',
    ],
    [
      isPublic && config.TANDEM_TRUSTED_PROXIES.length === 0,
      'No proxy is named: everybody seems to come from one address (TANDEM_TRUSTED_PROXIES)',
    ],
    [passwordIsKept(), 'The first administrator’s password stands in tandem.config.json: take it out'],
    ...facts.upstreams.map(({ name, trouble }): [boolean, string] => [
      trouble !== null,
      `Upstream ${name} is in trouble: ${trouble}`,
    ]),
  ]
  return all.filter(([holds]) => holds).map(([, words]) => words)
}

function passwordIsKept(): boolean {
  const file = 'tandem.config.json'
  return existsSync(file) && readFileSync(file, 'utf8').includes('TANDEM_ADMIN_PASSWORD')
}
