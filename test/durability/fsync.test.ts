import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startWriting } from './writing-process.ts'

describe.skipIf(!straceAvailable())('fsync of the embedded database', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tandem-fsync-'))
  afterAll(() => rmSync(dataDir, { recursive: true, force: true }))
  beforeAll(async () => {
    const writing = await startWriting(dataDir, { concurrency: 1, limit: 1 })
    await writing.ended
  })

  /** How often the log was synced while so many writes were acknowledged. */
  async function logSyncs(concurrency: number, limit: number): Promise<number> {
    const trace = join(dataDir, `trace-${concurrency}`)
    const through = ['strace', '-f', '--seccomp-bpf', '-y', '-e', 'trace=fsync,fdatasync', '-o', trace]
    const writing = await startWriting(dataDir, { concurrency, limit, through })
    await writing.ended
    expect(writing.acknowledged).toHaveLength(limit)
    return readFileSync(trace, 'utf8').match(/sync\(\d+<[^>]*\/pg_wal\/[0-9A-F]{24}>/g)?.length ?? 0
  }

  it('happens for every commit that is alone', { timeout: 120_000 }, async () => {
    expect(await logSyncs(1, 100)).toBeGreaterThanOrEqual(100)
  })

  it('is shared by commits that come together', { timeout: 120_000 }, async () => {
    const syncs = await logSyncs(16, 320)
    expect(syncs).toBeGreaterThanOrEqual(320 / 16)
    expect(syncs).toBeLessThan(320)
  })
})

function straceAvailable(): boolean {
  const works = () => spawnSync('strace', ['-e', 'trace=fsync', 'true']).status === 0
  if (works()) return true
  if (process.getuid?.() === 0 && existsSync('/etc/debian_version')) {
    spawnSync('apt-get', ['install', '-qy', 'strace'], { stdio: 'ignore', timeout: 120_000 })
    if (works()) return true
  }
  console.warn('\n!!! SKIPPED: no working strace here, so fsync calls are not counted !!!\n')
  return false
}
