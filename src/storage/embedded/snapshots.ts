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

/** Databases in memory as they were right after their migrations, by schema: running initdb and migrations costs seconds. */
export class Snapshots {
  readonly #directory: string
  readonly #file: string
  #found = false

  constructor(directory: string, schema: Migration[]) {
    const hash = createHash('sha256').update(
      JSON.stringify([version, startParams({ durable: false }), schema]),
    )
    this.#directory = directory
    this.#file = join(directory, `${hash.digest('hex').slice(0, 24)}.tar`)
  }

  load(): { snapshot: Uint8Array } | undefined {
    if (!existsSync(this.#file)) return undefined
    this.#found = true
    const now = new Date()
    utimesSync(this.#file, now, now)
    return { snapshot: readFileSync(this.#file) }
  }

  async save(dump: () => Promise<Uint8Array>): Promise<void> {
    if (this.#found) return
    mkdirSync(this.#directory, { recursive: true })
    const unfinished = `${this.#file}.${process.pid}`
    writeFileSync(unfinished, await dump())
    renameSync(unfinished, this.#file)
    this.#sweep()
  }

  #sweep(): void {
    const files = readdirSync(this.#directory).map((name) => join(this.#directory, name))
    const oldest = files
      .flatMap((file) => (existsSync(file) ? [{ file, at: statSync(file).mtimeMs }] : []))
      .toSorted((a, b) => b.at - a.at)
    for (const { file } of oldest.slice(keep)) rmSync(file, { force: true })
  }
}
