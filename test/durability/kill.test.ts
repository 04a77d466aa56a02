import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { SetupError, silentLog, systemClock } from '#foundation'
import { openStorage } from '#storage'
import { entries } from './entries.ts'
import { startWriting } from './writing-process.ts'

const rounds = 24

describe('the embedded database under kill -9', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tandem-kill-'))
  afterAll(() => rmSync(dataDir, { recursive: true, force: true }))
  const open = () =>
    openStorage({ config: { dataDir }, migrations: [entries], clock: systemClock, log: silentLog })

  it(
    `holds every acknowledged write, and no half transaction, after ${rounds} kills`,
    { timeout: 600_000 },
    async () => {
      const acknowledged = new Set<number>()
      for (let round = 0; round < rounds; round++) {
        const writing = await startWriting(dataDir, { concurrency: 8 })
        const found = new Set(writing.found)
        expect([...acknowledged].filter((id) => !found.has(id))).toEqual([])
        expect(writing.found.filter((id) => id % 5 === 0).toSorted()).toEqual(writing.paired.toSorted())
        await vi.waitFor(() => expect(writing.acknowledged.length).toBeGreaterThan(0), { timeout: 20_000 })
        await sleep(Math.random() * 120)
        await writing.kill()
        for (const id of writing.acknowledged) acknowledged.add(id)
      }
      const storage = await open()
      const rows = await storage.db<{ entry: { id: number } }>().selectFrom('entry').select('id').execute()
      await storage.close()
      const found = new Set(rows.map(({ id }) => id))
      expect([...acknowledged].filter((id) => !found.has(id))).toEqual([])
      expect(acknowledged.size).toBeGreaterThan(rounds)
    },
  )

  it('belongs to one process at a time; a killed one lets go', { timeout: 120_000 }, async () => {
    const writing = await startWriting(dataDir, { concurrency: 1 })
    const second = open()
    await expect(second).rejects.toThrow(SetupError)
    await expect(second).rejects.toThrow(/Another Tandem is using .*Stop it first.*DATABASE_URL/)
    await writing.kill()
    const storage = await open()
    await expect(open()).rejects.toThrow(/Another Tandem/)
    await storage.close()
    await (await open()).close()
  })
})
