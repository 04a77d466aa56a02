import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { freePort } from '../support/tandem.ts'

const folder = mkdtempSync(join(tmpdir(), 'tandem-deploy-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const text = (file: string) => readFileSync(file, 'utf8')
const lines = (file: string) => text(file).split('\n')
const has = (program: string, ...args: string[]) => spawnSync(program, args, { stdio: 'ignore' }).status === 0

describe('the image', () => {
  const stage =
    text('Dockerfile')
      .split(/^FROM /m)
      .at(-1) ?? ''

  it('runs as nobody in particular, stops on SIGTERM, and is asked whether it is ready', () => {
    expect(/^USER (\d+)$/m.exec(stage)?.[1]).toBe('10001')
    expect(stage).toMatch(/^STOPSIGNAL SIGTERM$/m)
    expect(stage).toMatch(/^HEALTHCHECK [^]*healthy\.mjs"\]$/m)
    // The exec form: a shell as the first process would keep signals to itself.
    expect(stage).toMatch(/^ENTRYPOINT \["\/app\/deploy\/tandem"\]$/m)
  })

  it('has no secret in its layers and takes none from the folder it is built in', () => {
    expect(text('Dockerfile')).not.toMatch(/^(ARG|ENV) .*(SECRET|TOKEN|PASSWORD|KEY)/im)
    const ignored = lines('.dockerignore')
    for (const path of [
      '.git',
      'data',
      '.env*',
      'secrets',
      '*.backup',
      'tandem.config.json*',
      '**/node_modules',
    ])
      expect(ignored).toContain(path)
  })

  it('copies what is there', () => {
    for (const file of [
      'package.json',
      'package-lock.json',
      'deploy/node',
      'deploy/healthy.mjs',
      'deploy/tandem',
    ])
      expect(statSync(file).isFile()).toBe(true)
    for (const file of ['deploy/node', 'deploy/tandem', 'deploy/new-secrets.sh'])
      expect(statSync(file).mode & 0o111).not.toBe(0)
  })
})

describe('the Compose file', () => {
  it('listens on this computer, waits for the database, and has its secrets in files', () => {
    const compose = text('compose.yaml')
    expect(compose).toMatch(/'127\.0\.0\.1:\$\{TANDEM_PORT:-3000\}:3000'/)
    expect(compose).toMatch(/condition: service_healthy/)
    expect(compose).toMatch(/read_only: true/)
    expect(compose).not.toMatch(/^\s*(TANDEM_SECRET|DATABASE_URL|POSTGRES_PASSWORD):/m)
    const mounted = [...compose.matchAll(/file: \.\/secrets\/(\w+)/g)].map(([, name]) => name)
    const cwd = mkdtempSync(join(folder, 'secrets-'))
    const make = () => spawnSync('sh', [resolve('deploy/new-secrets.sh')], { cwd })
    expect(make().status).toBe(0)
    const made = readdirSync(join(cwd, 'secrets')).toSorted()
    expect(made).toEqual(mounted.toSorted())
    expect(statSync(join(cwd, 'secrets')).mode & 0o777).toBe(0o700)
    const before = made.map((name) => text(join(cwd, 'secrets', name)))
    expect(make().status).toBe(0)
    expect(made.map((name) => text(join(cwd, 'secrets', name)))).toEqual(before)
  })

  it.runIf(has('docker', 'compose', 'version'))('is one', () => {
    expect(spawnSync('docker', ['compose', 'config', '--no-interpolate', '-q']).status).toBe(0)
  })
})

describe.runIf(has('systemd-analyze', '--version'))('the systemd unit', () => {
  const unit = join(folder, 'tandem.service')
  writeFileSync(unit, text('deploy/tandem.service').replaceAll('/opt/tandem', process.cwd()))

  it('is one', () => {
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' })
    expect([stderr, status]).toEqual(['', 0])
  })

  it('leaves a service little to break out with', () => {
    const { stdout } = spawnSync('systemd-analyze', ['security', '--offline=true', unit], {
      encoding: 'utf8',
    })
    expect(Number(/exposure level for [^:]*: ([\d.]+)/.exec(stdout)?.[1])).toBeLessThan(2)
  })
})

describe.runIf(process.platform === 'linux')('what image and unit start', () => {
  it(
    'runs from a bare clone with nothing of this machine’s settings, is ready, and ends in order as the first process',
    { timeout: 120_000 },
    async () => {
      const app = join(folder, 'app')
      mkdirSync(app)
      for (const part of ['src', 'deploy', 'scripts', 'package.json', 'package-lock.json'])
        cpSync(part, join(app, part), { recursive: true })
      symlinkSync(resolve('node_modules'), join(app, 'node_modules'))
      const data = join(folder, 'data')
      mkdirSync(data, { mode: 0o700 })
      const secret = join(folder, 'secret')
      writeFileSync(secret, 'vT4kQ9zR1xW6mJ8pB3nL5sYdH2cF7gA0\n', { mode: 0o600 })
      const port = await freePort()
      const settings = [
        'PATH=/usr/bin:/bin',
        'HOST=127.0.0.1',
        `PORT=${port}`,
        `TANDEM_URL=http://localhost:${port}`,
        `TANDEM_DATA_DIR=${data}`,
        `TANDEM_SECRET_FILE=${secret}`,
        `NODE_COMPILE_CACHE=${join(folder, 'cache')}`,
      ]
      const bare = ['env', '-i', ...settings]
      const alone = has('unshare', '--pid', '--fork', 'true')
        ? ['unshare', '--pid', '--fork', '--kill-child']
        : []
      const [program = '', ...args] = [...alone, ...bare, join(app, 'deploy/tandem'), 'start']
      const child = spawn(program, args, { cwd: data })
      let out = ''
      child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
      child.stderr.on('data', (chunk: Buffer) => (out += chunk.toString()))
      const gone = once(child, 'exit')
      await Promise.race([expect.poll(() => out, { timeout: 90_000 }).toMatch(/Agents connect to/), gone])
      const healthy = () =>
        spawnSync('env', ['-i', ...settings, join(app, 'deploy/node'), join(app, 'deploy/healthy.mjs')])
          .status
      expect([out.includes('Agents connect to'), healthy()]).toEqual([true, 0])
      // The secret came by its file: none is made beside the data.
      expect(readdirSync(data)).not.toContain('secret')

      const first =
        alone.length > 0 ? text(`/proc/${child.pid}/task/${child.pid}/children`).trim() : String(child.pid)
      process.kill(Number(first), 'SIGTERM')
      expect(await gone).toEqual([0, null])
      expect(healthy()).toBe(1)
    },
  )
})
