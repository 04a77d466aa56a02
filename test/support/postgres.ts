import { spawn, spawnSync } from 'node:child_process'
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { Socket, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'

export type TestPostgres = {
  /** A new empty database, owned by somebody who is no superuser. */
  database(): Promise<string>
  /** Breaks every connection to every database, as a failing network would. */
  breakConnections(): Promise<void>
  stop(): Promise<void>
}

const asRoot = process.getuid?.() === 0

/** True when PostgreSQL is here, or could be installed (Debian, as root). Says so loudly when not. */
export function postgresAvailable(): boolean {
  if (binaries()) return true
  if (asRoot && existsSync('/etc/debian_version')) install()
  if (binaries()) return true
  console.warn('\n!!! SKIPPED: no PostgreSQL here. Install Debian’s `postgresql` to run these tests !!!\n')
  return false
}

function binaries(): string | undefined {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).toSorted((a, b) => Number(b) - Number(a)) : []
  const places = [
    ...versions.map((v) => join(debian, v, 'bin')),
    ...(process.env['PATH'] ?? '').split(delimiter),
  ]
  return places.find((place) => existsSync(join(place, 'initdb')) && existsSync(join(place, 'postgres')))
}

function install(): void {
  // Debian would otherwise make and start a cluster of its own.
  const settings = '/etc/postgresql-common/createcluster.conf'
  if (!existsSync(settings)) {
    mkdirSync('/etc/postgresql-common', { recursive: true })
    writeFileSync(settings, 'create_main_cluster = false\n')
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  spawnSync('apt-get', ['update', '-q'], { env, stdio: 'ignore', timeout: 120_000 })
  spawnSync('apt-get', ['install', '-qy', '--no-install-recommends', 'postgresql'], {
    env,
    stdio: 'ignore',
    timeout: 300_000,
  })
}

/** A private PostgreSQL on 127.0.0.1. `durable` keeps fsync on, for measuring. Stop it when done. */
export async function startPostgres({ durable = false } = {}): Promise<TestPostgres> {
  const bin = binaries()
  if (!bin) throw new Error('No PostgreSQL here: guard the test with postgresAvailable()')
  const directory = mkdtempSync(join(tmpdir(), 'tandem-pg-'))
  const data = join(directory, 'data')
  // PostgreSQL refuses to run as root: become the user that Debian's package made, or nobody.
  const user = asRoot ? unprivileged() : undefined
  if (user) chownSync(directory, user.uid, user.gid)
  const as = user ? { uid: user.uid, gid: user.gid } : {}
  const initdb = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync']
  const made = spawnSync(join(bin, 'initdb'), initdb, { ...as, cwd: directory, encoding: 'utf8' })
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`)
  const port = await freePort()
  const settings = {
    listen_addresses: '127.0.0.1',
    port: `${port}`,
    unix_socket_directories: directory,
    max_connections: '120',
    ...(durable ? {} : { fsync: 'off', full_page_writes: 'off' }),
  }
  const args = ['-D', data, ...Object.entries(settings).flatMap(([k, v]) => ['-c', `${k}=${v}`])]
  // The server ends, and its files go, when our end of its standard input closes: also when we are killed.
  const script = 'dir=$1; shift; "$@" & pid=$!; read -r _; kill -QUIT $pid; wait $pid; rm -rf "$dir"'
  const server = spawn('sh', ['-c', script, 'sh', directory, join(bin, 'postgres'), ...args], {
    ...as,
    cwd: '/',
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  let said = ''
  server.stderr.on('data', (text: Buffer) => (said = (said + text.toString()).slice(-4000)))
  const gone = new Promise<void>((resolve) => server.on('exit', () => resolve()))
  server.unref()
  for (const stream of [server.stdin, server.stderr]) if (stream instanceof Socket) stream.unref()
  const admin = `postgresql://postgres@127.0.0.1:${port}/postgres`
  const stop = async () => {
    server.ref()
    server.stdin.end()
    await gone
  }
  try {
    await answering(admin)
    await command(admin, 'create role tandem login')
  } catch (cause) {
    await stop()
    throw new Error(`PostgreSQL did not start: ${said}`, { cause })
  }
  let count = 0
  return {
    async database() {
      const name = `tandem_${++count}`
      await command(admin, `create database ${name} owner tandem`)
      return `postgresql://tandem@127.0.0.1:${port}/${name}`
    },
    breakConnections: () =>
      command(admin, "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'tandem'"),
    stop,
  }
}

function unprivileged(): { uid: number; gid: number } {
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  for (const name of ['postgres', 'nobody']) {
    const found = users.find(([user]) => user === name)
    if (found) return { uid: Number(found[2]), gid: Number(found[3]) }
  }
  throw new Error('No user to run PostgreSQL as')
}

async function answering(url: string): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    try {
      return await command(url, 'select 1')
    } catch {
      await sleep(50)
    }
  }
  throw new Error('it does not answer')
}

async function command(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url })
  try {
    await client.connect()
    await client.query(sql)
  } finally {
    await client.end()
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
}
