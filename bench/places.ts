import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))
export const benchDir = fileURLToPath(new URL('.', import.meta.url))

/** A directory for a server's data on the checkout's own disk: /tmp is memory on many machines, and fsync free. */
export function dataDirectory(): { path: string; remove(): void } {
  const parent = join(root, '.cache', 'bench')
  mkdirSync(parent, { recursive: true })
  const path = mkdtempSync(join(parent, 'data-'))
  const remove = () => {
    rmSync(path, { recursive: true, force: true, maxRetries: 5 })
    process.off('exit', remove)
  }
  process.on('exit', remove)
  return { path, remove }
}
