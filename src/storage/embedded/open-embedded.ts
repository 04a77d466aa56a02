import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm'
import { unaccent } from '@electric-sql/pglite/contrib/unaccent'
import { PGliteDialect } from 'kysely'
import type { Log } from '#foundation'
import type { Backend } from '../backend.ts'
import { valueParser } from '../values.ts'

export async function openEmbedded(options: { dataDir?: string; log: Log }): Promise<Backend> {
  const parsers = Object.fromEntries(
    [16, 17, 20, 21, 23, 26, 114, 700, 701, 1082, 1184, 1700, 3802].map((oid) => [oid, valueParser(oid)]),
  )
  const cache = join(tmpdir(), 'tandem-quick-template.tar')
  const cached = options.dataDir === undefined && existsSync(cache)
  const pglite = await PGlite.create({
    ...(cached ? { loadDataDir: new Blob([readFileSync(cache)]) } : {}),
    ...(options.dataDir === undefined ? {} : { dataDir: options.dataDir }),
    extensions: { pg_trgm, unaccent },
    parsers,
  })
  if (options.dataDir === undefined && !cached) {
    const tar = Buffer.from(await (await pglite.dumpDataDir('none')).arrayBuffer())
    writeFileSync(`${cache}.${process.pid}`, tar)
    renameSync(`${cache}.${process.pid}`, cache)
  }
  const many = (on: { query: unknown; exec: unknown }) => {
    const q = (on.query as (...a: unknown[]) => Promise<unknown>).bind(on)
    const e = (on.exec as (...a: unknown[]) => Promise<unknown[]>).bind(on)
    on.query = async (s: string, p: unknown[], o: unknown) =>
      p?.length === 0 && s.includes(';') ? (await e(s)).at(-1) : q(s, p, o)
  }
  many(pglite)
  const transaction = pglite.transaction.bind(pglite)
  pglite.transaction = ((work: (tx: never) => Promise<unknown>) =>
    transaction((tx) => (many(tx), work(tx as never)))) as typeof pglite.transaction
  return {
    driver: 'embedded',
    dialect: new PGliteDialect({ pglite }),
    unhurried: (work) => work(),
    close: () => pglite.close(),
  }
}
