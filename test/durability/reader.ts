// Opens a database and prints the ids of its entries.
import { writeSync } from 'node:fs'
import { silentLog } from '#foundation'
import { openEmbedded } from '../../src/storage/embedded/open-embedded.ts'

const database = await openEmbedded({ dataDir: process.argv[2] ?? '', log: silentLog })
const { rows } = await (await database.connect()).run('select array_agg(id) as ids from entry', [])
const [row] = rows as { ids: number[] }[]
writeSync(1, JSON.stringify(row?.ids ?? []))
process.exit(0)
