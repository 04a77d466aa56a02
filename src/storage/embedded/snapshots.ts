import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Migration } from '../storage.ts'
import { startParams } from './start-params.ts'

const version = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.resolve('@electric-sql/pglite')), 'utf8'),
).version as string
const keep = 24

/** Databases in memory as they were right after their migrations, by schema: initdb and migrations cost seconds. */
export class Snapshots {
  readonly #directory: string
  readonly #schema: string
  readonly #empty: string

  constructor(directory: string, schema: Migration[]) {
    this.#directory = directory
    this.#schema = fileFor(directory, schema)
    this.#empty = fileFor(directory, [])
  }

  /** The nearest one there is. */
  load(): { snapshot: Uint8Array } | undefined {
    const file = [this.#schema, this.#empty].find((file) => existsSync(file))
    if (file === undefined) return undefined
    const now = new Date()
    utimesSync(file, now, now)
    return { snapshot: readFileSync(file) }
  }

  async saveEmpty(dump: () => Promise<Uint8Array>): Promise<void> {
    if (!existsSync(this.#empty)) await this.#save(this.#empty, dump)
  }

  async saveMigrated(dump: () => Promise<Uint8Array>): Promise<void> {
    if (existsSync(this.#schema)) return
    await this.#save(this.#schema, dump)
    this.#sweep()
  }

  async #save(file: string, dump: () => Promise<Uint8Array>): Promise<void> {
    mkdirSync(this.#directory, { recursive: true })
    const unfinished = `${file}.${process.pid}`
    writeFileSync(unfinished, await dump())
    renameSync(unfinished, file)
  }

  #sweep(): void {
    const files = readdirSync(this.#directory).map((name) => join(this.#directory, name))
    const newestFirst = files
      .flatMap((file) => (existsSync(file) ? [{ file, at: statSync(file).mtimeMs }] : []))
      .toSorted((a, b) => b.at - a.at)
    for (const { file } of newestFirst.slice(keep)) rmSync(file, { force: true })
  }
}

function fileFor(directory: string, schema: Migration[]): string {
  const hash = createHash('sha256').update(JSON.stringify([version, startParams({ durable: false }), schema]))
  return join(directory, `${hash.digest('hex').slice(0, 24)}.tar`)
}
