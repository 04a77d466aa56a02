import { parseArgs } from 'node:util'
import { createLog, loadConfig } from '#foundation'
import { openAdmin, runningAddress } from '#server'
import type { Admin } from '#server'
import { diagnose } from '../doctor/diagnose.ts'
import { print } from '../print.ts'
import { checks, endsWithClient, tokenFor } from './checks.ts'
import type { Bench, Seen } from './checks.ts'

type Finding = Seen & { check: string }
const marks = { ok: '✓', failed: '✗', skipped: '-', warning: '!' }

/**
 * `tandem test`: from discovery to a tool call, at the address that agents use, with a client of its own that goes
 * again. 0 when all of it works, 1 when something doesn't.
 */
export async function selfTest(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { json: { type: 'boolean', default: false } } })
  const config = loadConfig(process.env)
  const findings: (Omit<Finding, 'outcome'> & { outcome: Seen['outcome'] | 'warning'; cure?: string })[] = []
  const issuer = (await runningAddress(config)) ?? config.issuer
  const diagnosis = await diagnose(issuer)
  for (const { step, ...finding } of diagnosis.steps) findings.push({ check: step, ...finding })
  if (diagnosis.ok) findings.push(...(await callAsClient(issuer, openAdmin(config, createLog('error')))))
  const ok = findings.every(({ outcome }) => outcome !== 'failed')
  if (values.json) print(JSON.stringify({ url: diagnosis.url, ok, checks: findings }))
  else {
    print(`${diagnosis.url}\n`)
    for (const { check, outcome, what, cure } of findings) {
      print(`${marks[outcome]} ${check.padEnd(26)} ${what}`)
      if (cure) print(`  ${' '.repeat(26)} → ${cure}`)
    }
    print(ok ? '\nAll of it works.' : '\nCure what is marked ✗.')
  }
  return ok ? 0 : 1
}

async function callAsClient(issuer: string, admin: Admin): Promise<Finding[]> {
  const findings: Finding[] = []
  try {
    const { administrator, upstreams, credentials } = await admin.run('test.begin', {})
    findings.push({
      check: 'stored keys',
      outcome: credentials.unreadable === 0 ? 'ok' : 'failed',
      what: `${credentials.sealed} sealed, ${credentials.unreadable} that no key here opens`,
    })
    const client = administrator
      ? await admin.run('clients.create', {
          name: 'tandem test',
          redirectUris: [],
          confidential: true,
          grantTypes: ['client_credentials'],
          owner: administrator,
        })
      : null
    try {
      const token = client ? await tokenFor(issuer, client.clientId, client.clientSecret ?? '') : null
      if (token !== null && typeof token !== 'string') findings.push({ check: 'a token', ...token })
      const bench: Bench = { issuer, token: typeof token === 'string' ? token : null, upstreams }
      for (const [check, run] of checks) findings.push({ check, ...(await run(bench).catch(noAnswer)) })
      if (client && bench.token !== null) {
        await admin.run('clients.delete', { id: client.clientId })
        findings.push({ check: 'the end of a client', ...(await endsWithClient(bench).catch(noAnswer)) })
      }
    } finally {
      // Gone already when all went well.
      if (client) await admin.run('clients.delete', { id: client.clientId }).catch(() => undefined)
    }
    return findings
  } finally {
    await admin.close()
  }
}

function noAnswer(error: unknown): Seen {
  return { outcome: 'failed', what: `no answer (${error instanceof Error ? error.name : 'unknown'})` }
}
