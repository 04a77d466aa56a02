import { spawn } from 'node:child_process'
import { SetupError } from '#foundation'
import { Client } from 'pg'

/** Runs one of PostgreSQL's own programs on the database. The password travels in its environment, which others can't read. */
function start(program: 'pg_dump' | 'pg_restore', args: string[], databaseUrl: string) {
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], ...connection(databaseUrl) },
  })
  let said = ''
  child.stderr.on('data', (text: Buffer) => (said = (said + text.toString()).slice(-2000)))
  const done = new Promise<void>((resolve, reject) => {
    child.on('error', (cause) =>
      reject(
        new SetupError(
          `${program} isn’t here. Install PostgreSQL’s client programs (Debian: postgresql-client), no older than the server`,
          { cause },
        ),
      ),
    )
    child.on('close', (code) => {
      if (code === 0) resolve()
      else reject(new SetupError(`${program} failed: ${said.trim().split('\n').slice(-3).join(' ')}`))
    })
  })
  return { child, done }
}

/** The whole database, as of one moment. */
export async function* dump(databaseUrl: string): AsyncGenerator<Uint8Array> {
  const args = ['--format=custom', '--compress=0', '--no-owner', '--no-privileges', '--no-comments']
  // Counters of rate limits are nobody's data.
  const { child, done } = start('pg_dump', [...args, '--exclude-table-data=rate_counter'], databaseUrl)
  const failed = done.catch((error: unknown) => error)
  for await (const part of child.stdout) yield Buffer.from(part)
  const error = await failed
  if (error !== undefined) throw error
}

/** All of it or nothing, in one transaction. */
export async function load(file: string, databaseUrl: string): Promise<void> {
  const name = connection(databaseUrl)['PGDATABASE'] ?? ''
  const args = [
    '--single-transaction',
    '--exit-on-error',
    '--no-owner',
    '--no-privileges',
    `--dbname=${name}`,
  ]
  await start('pg_restore', [...args, file], databaseUrl).done
}

/** @throws SetupError — when it can't be reached. */
export function isEmpty(databaseUrl: string): Promise<boolean> {
  return ask(databaseUrl, async (client) => {
    const { rows } = await client.query(
      "select 1 from pg_class where relkind in ('r', 'p', 'v') and relnamespace = current_schema()::regnamespace limit 1",
    )
    return rows.length === 0
  })
}

// Below 16384 is what every new database has (PostgreSQL documentation, "OID Assignment").
const contents = `
  select 1 as turn, 'n' || oid as id, format('drop schema if exists %I cascade', nspname) as undo
    from pg_namespace where oid >= 16384 and nspname not like 'pg\\_%'
  union all
  select 2, 'e' || oid, format('drop extension if exists %I cascade', extname) from pg_extension where oid >= 16384
  union all
  select 3, 'c' || oid, format('drop %s if exists %s cascade',
      case relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence' else 'table' end,
      oid::regclass)
    from pg_class where oid >= 16384 and relkind in ('r', 'p', 'v', 'm', 'S') and relpersistence <> 't'
  union all
  select 4, 'p' || oid, format('drop routine if exists %s cascade', oid::regprocedure) from pg_proc where oid >= 16384
  order by turn`

/** Notes what a database holds; what is called then takes away again whatever came since, all of it or nothing. */
export async function returnPoint(databaseUrl: string): Promise<() => Promise<void>> {
  const now = async (client: Client) => (await client.query<{ id: string; undo: string }>(contents)).rows
  const before = new Set((await ask(databaseUrl, now)).map(({ id }) => id))
  return () =>
    ask(databaseUrl, async (client) => {
      await client.query('begin')
      for (const { id, undo } of await now(client)) if (!before.has(id)) await client.query(undo)
      await client.query('commit')
    })
}

async function ask<T>(databaseUrl: string, question: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000 })
  try {
    await client.connect()
    return await question(client)
  } catch (cause) {
    throw new SetupError('DATABASE_URL does not lead to a database', { cause })
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** The variables of libpq (PostgreSQL documentation, "Environment Variables"). */
function connection(databaseUrl: string): Record<string, string> {
  const url = new URL(databaseUrl)
  const option = (name: string) => url.searchParams.get(name) ?? undefined
  const found = {
    PGHOST: option('host') ?? decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, '$1'),
    PGPORT: option('port') ?? url.port,
    PGUSER: option('user') ?? decodeURIComponent(url.username),
    PGPASSWORD: option('password') ?? decodeURIComponent(url.password),
    PGDATABASE: option('dbname') ?? decodeURIComponent(url.pathname.slice(1)),
    PGSSLMODE: option('sslmode'),
    PGSSLROOTCERT: option('sslrootcert'),
    PGSSLCERT: option('sslcert'),
    PGSSLKEY: option('sslkey'),
  }
  return Object.fromEntries(
    Object.entries(found).filter((entry): entry is [string, string] => Boolean(entry[1])),
  )
}
