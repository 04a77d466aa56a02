import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openCommandLine } from '../support/command-line.ts'
import type { CommandLine } from '../support/command-line.ts'

type Row = Record<string, unknown>

// Each command is a process of its own; a server runs for the whole of it.
describe('tandem clients and initial-access-tokens', { timeout: 180_000 }, () => {
  let cli: CommandLine
  let server: ReturnType<CommandLine['run']>
  beforeAll(async () => {
    cli = await openCommandLine()
    server = cli.run(['start'], { TANDEM_REGISTRATION: 'token' })
    await server.said(/Agents connect to/)
  }, 180_000)
  afterAll(async () => {
    server.child.kill('SIGTERM')
    await server.done
    cli.close()
  })
  const value = async (args: string[]) => {
    const done = await cli.json(args)
    if (done.code !== 0) throw new Error(done.err)
    return done.value
  }
  const token = async (form: Record<string, string>) => {
    const response = await fetch(`${cli.origin}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code: 'x',
        code_verifier: 'v'.repeat(43),
        ...form,
      }),
    })
    return ((await response.json()) as Row)['error']
  }
  const register = async (initial: string | null) => {
    const headers = {
      'Content-Type': 'application/json',
      ...(initial === null ? {} : { Authorization: `Bearer ${initial}` }),
    }
    const body = JSON.stringify({ client_name: 'Pipeline', redirect_uris: ['http://127.0.0.1/cb'] })
    return (await fetch(`${cli.origin}/oauth/register`, { method: 'POST', headers, body })).status
  }

  it('makes clients, replaces a secret, lists and deletes them', async () => {
    const create = ['clients', 'create', '--name', 'Ledger', '--redirect-uri', 'https://ledger.example/cb']
    const made = (await value([...create, '--confidential'])) as Row
    const client_id = String(made['clientId'])
    const old = String(made['clientSecret'])
    const rotated = (await value(['clients', 'rotate-secret', client_id, '--overlap', '1h'])) as Row
    const next = String(rotated['clientSecret'])
    // The client itself is known before the code is looked at.
    expect([
      await token({ client_id, client_secret: old }),
      await token({ client_id, client_secret: next }),
    ]).toEqual(['invalid_grant', 'invalid_grant'])
    const last = (await value(['clients', 'rotate-secret', client_id, '--overlap', '0'])) as Row
    expect(await token({ client_id, client_secret: next })).toBe('invalid_client')
    expect(await token({ client_id, client_secret: String(last['clientSecret']) })).toBe('invalid_grant')

    const file = join(cli.folder, 'keys.json')
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    writeFileSync(file, JSON.stringify(publicKey.export({ format: 'jwk' })))
    const keyed = (await value([...create.with(3, 'Keyed'), '--jwks', file])) as Row
    expect(keyed['clientSecret']).toBeNull()
    const listed = (await value(['clients', 'list'])) as Row[]
    expect(listed.map(({ name }) => name)).toEqual(['Keyed', 'Ledger'])

    expect(await value(['clients', 'delete', client_id])).toEqual({ removed: 1 })
    const again = await cli.run(['clients', 'delete', client_id]).done
    expect([again.code, again.err]).toEqual([1, `There is no client ${client_id}\n`])
    expect(await token({ client_id, client_secret: next })).toBe('invalid_client')
  })

  it('what a client can’t be is one sentence', async () => {
    const wrong = [
      ['--name', 'M', '--confidential', '--grant-type', 'client_credentials'],
      [
        '--name',
        'M',
        '--confidential',
        '--grant-type',
        'client_credentials',
        '--owner',
        'nobody@acme.example',
      ],
      ['--name', 'M', '--redirect-uri', 'https://m.example/cb', '--scope', 'crm:everything'],
      ['--name', 'M', '--grant-type', 'password'],
    ]
    for (const args of wrong) {
      const { code, out, err } = await cli.run(['clients', 'create', ...args]).done
      expect([args, code, out]).toEqual([args, 1, ''])
      expect(err.trim().split('\n')).toHaveLength(1)
    }
    const overlap = await cli.run(['clients', 'rotate-secret', 'cli_x', '--overlap', 'soon']).done
    expect([overlap.code, overlap.err]).toEqual([1, expect.stringContaining('--overlap is like')])
  })

  it('lets somebody register, so often and no oftener; TANDEM_REGISTRATION=token wants it', async () => {
    expect(await register(null)).toBe(401)
    const made = (await value([
      'initial-access-tokens',
      'create',
      '--uses',
      '2',
      '--note',
      'data team',
    ])) as Row
    const statuses = [await register(String(made['token'])), await register(String(made['token']))]
    expect([...statuses, await register(String(made['token']))]).toEqual([201, 201, 401])
    expect(await value(['initial-access-tokens', 'list'])).toMatchObject([
      { id: made['id'], note: 'data team', uses: 2, mostUses: 2, state: 'used-up' },
    ])
    const other = (await value(['initial-access-tokens', 'create'])) as Row
    await value(['initial-access-tokens', 'withdraw', String(other['id'])])
    expect(await register(String(other['token']))).toBe(401)
  })

  it('cleans up, and says beforehand what it would', async () => {
    expect(await value(['clients', 'cleanup', '--dry-run'])).toEqual({ unclaimed: [], unused: [] })
    expect(await value(['clients', 'cleanup'])).toEqual({ unclaimed: 0, unused: 0 })
    const { code, out } = await cli.run(['clients', 'cleanup', '--dry-run']).done
    expect([code, out]).toEqual([0, '0 would be deleted.\n'])
  })
})
