// A process that writes until it is killed. Standard output: the ids it found, then each id once it was acknowledged.
import { writeSync } from 'node:fs'
import { silentLog, systemClock } from '#foundation'
import { openStorage } from '#storage'
import { entries } from './entries.ts'
import type { Tables } from './entries.ts'

const [dataDir = '', concurrency = '1', limit = 'Infinity'] = process.argv.slice(2)
const say = (message: unknown) => writeSync(1, `${JSON.stringify(message)}\n`)

const storage = await openStorage({
  config: { dataDir },
  migrations: [entries],
  clock: systemClock,
  log: silentLog,
})
const db = storage.db<Tables>()
const found = await db.selectFrom('entry').select('id').execute()
const paired = await db.selectFrom('pair').select('id').execute()
say({ found: found.map(({ id }) => id), paired: paired.map(({ id }) => id) })

let next = Math.max(0, ...found.map(({ id }) => id)) + 1
const last = next + Number(limit)
async function write(): Promise<void> {
  while (next < last) {
    const id = next++
    // Every fifth is two rows in one transaction: both are there, or neither.
    if (id % 5 === 0) {
      await storage.transaction<Tables, void>(async (tx) => {
        await tx
          .insertInto('entry')
          .values({ id, text: `${id}` })
          .execute()
        await tx.insertInto('pair').values({ id }).execute()
      })
    } else
      await db
        .insertInto('entry')
        .values({ id, text: `${id}` })
        .execute()
    say(id)
  }
}
await Promise.all(Array.from({ length: Number(concurrency) }, write))
say('done')
process.kill(process.pid, 'SIGKILL')
