import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openBrowser } from '../support/browser.ts'
import { openCommandLine } from '../support/command-line.ts'
import type { CommandLine } from '../support/command-line.ts'
import { connectAgent } from '../support/connect-agent.ts'
import { startKeyedUpstream } from '../support/keyed-upstream.ts'
import type { KeyedUpstream } from '../support/keyed-upstream.ts'
import { people } from '../support/tandem.ts'
import { modernCall } from '../support/test-upstream.ts'

const vaultKey = randomBytes(32).toString('base64')
const herKey = `key-of-ada-${randomBytes(8).toString('hex')}`

let cli: CommandLine
let notes: KeyedUpstream
beforeAll(async () => {
  cli = await openCommandLine()
  notes = await startKeyedUpstream(herKey)
})
afterAll(async () => {
  cli?.close()
  await notes?.close()
})

const { email, password } = people.ada
const admin = { TANDEM_ADMIN_EMAIL: email, TANDEM_ADMIN_PASSWORD: password }

// Each step starts processes of its own.
describe('tandem vault', { timeout: 180_000 }, () => {
  it('a key set later seals everything again while the server runs and calls go on', async () => {
    const first = cli.run(['start'], admin)
    const said: string[] = []
    let token = ''
    try {
      await first.said(/Agents connect to/)
      const ada = openBrowser(cli.origin)
      await ada.json('POST', '/api/session', { email, password })
      const upstream = { kind: 'http', name: 'notes', title: 'Notes', url: notes.url, auth: { kind: 'key' } }
      const added = await ada.json('POST', '/api/upstreams', { upstream, credential: herKey })
      expect(added.status).toBe(200)
      token = (await connectAgent({ browser: ada, resource: `${cli.origin}/mcp/notes` })).accessToken
    } finally {
      first.child.kill('SIGTERM')
    }
    expect(await first.done).toMatchObject({ code: 0 })

    const printed = join(cli.folder, 'print-keys.mjs')
    writeFileSync(printed, `console.log('2:${vaultKey}')\n`)
    const command = JSON.stringify([process.execPath, printed])
    const second = cli.run(['start'], { TANDEM_VAULT_KEY_COMMAND: command, TANDEM_LOG: 'debug' })
    try {
      await second.said(/Agents connect to/)
      const call = async () => (await modernCall(`${cli.origin}/mcp/notes`, token, 'tools/list')).text()
      const before = await cli.run(['vault', 'status']).done
      expect(before).toMatchObject({ code: 0 })
      expect(before.out).toMatch(/^0 +reads +1 credentials.*\n2 +seals +0 credentials/)
      const over = new AbortController()
      const rewrap = cli.run(['vault', 'rewrap']).done.finally(() => over.abort())
      const results: string[] = []
      while (!over.signal.aborted) results.push(await call())
      const { code, out, err } = await rewrap
      expect([code, out]).toEqual([0, expect.stringContaining('1 sealed again with version 2.')])
      expect(results.filter((text) => !text.includes('"tools"'))).toEqual([])
      said.push(before.out, out, err)
      expect(notes.came.at(-1)).toBe(herKey)
    } finally {
      second.child.kill('SIGTERM')
    }
    const done = await second.done
    said.push(done.out, done.err)

    // Without its key nothing opens: the status says so, and fails.
    const lost = await cli.run(['vault', 'status']).done
    expect([lost.code, lost.out]).toEqual([1, expect.stringMatching(/2 +missing +1 credentials/)])
    const config = await cli.run(['config'], {
      TANDEM_VAULT_KEYS: `2:${vaultKey}`,
      TANDEM_VAULT_KEY_COMMAND: command,
      API_KEY_ENCRYPTION_SECRET: herKey.repeat(2),
    }).done
    expect(config.code).toBe(0)
    said.push(lost.out, lost.err, config.out, config.err)
    // G6: whatever was printed or logged, no key was in it.
    for (const text of said) for (const secret of [vaultKey, herKey]) expect(text).not.toContain(secret)
  })
})
