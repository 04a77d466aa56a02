import { randomUUID } from 'node:crypto'
import {
  createReadStream,
  createWriteStream,
  linkSync,
  openSync,
  closeSync,
  fsyncSync,
  readSync,
  rmSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { SetupError } from '#foundation'
import { z } from 'zod'
import { damaged, readItems, writeItems } from './frames.ts'
import type { Item } from './frames.ts'
import { keyNote, newKey, openParts, sameKey, sealParts } from './sealing.ts'
import type { Opener } from './sealing.ts'

const magic = 'TANDEM-BACKUP 1'
const mostHead = 64 * 1024

const manifest = z.strictObject({
  tandem: z.string().max(64),
  driver: z.enum(['embedded', 'server']),
  madeAt: z.iso.datetime(),
  /** The schema it was made with, by name. */
  migrations: z.array(z.string().max(128)).max(2000),
  key: keyNote,
})
export type Manifest = z.infer<typeof manifest>

/**
 * Writes an archive: two readable lines, then everything compressed and sealed. It appears whole under its name or not
 * at all, for its owner only. @throws SetupError
 */
export async function writeArchive(
  file: string,
  about: Omit<Manifest, 'key'>,
  opener: Opener,
  items: AsyncIterable<Item>,
): Promise<void> {
  const { key, note } = newKey(opener)
  const head = Buffer.from(`${magic}\n${JSON.stringify({ ...about, key: note })}\n`)
  // Nobody else's, on whichever machine: two backups to one place must not write each other's.
  const draft = `${file}.${randomUUID()}.unfinished`
  try {
    const gzip = createGzip({ level: 6 })
    const packing = pipeline(Readable.from(writeItems(items)), gzip)
    const whole = async function* () {
      yield head
      yield* sealParts(gzip, key, head)
    }
    const out = createWriteStream(draft, { flags: 'wx', mode: 0o600 })
    await Promise.all([packing, pipeline(Readable.from(whole()), out)])
    sync(draft)
    // Unlike a rename, a link doesn't replace what came to that name meanwhile.
    linkSync(draft, file)
    if (process.platform !== 'win32') sync(dirname(file))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
      throw new SetupError(`${file} is there already: choose another name`, { cause: error })
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

/** What an archive says of itself; it is proven only by {@link readArchive}. @throws SetupError */
export function readManifest(file: string): { manifest: Manifest; head: Buffer } {
  const bytes = Buffer.alloc(mostHead)
  let length: number
  try {
    const fd = openSync(file, 'r')
    try {
      length = readSync(fd, bytes, 0, mostHead, 0)
    } finally {
      closeSync(fd)
    }
  } catch (cause) {
    throw new SetupError(`${file} can’t be read`, { cause })
  }
  const first = bytes.indexOf(0x0a)
  const second = bytes.indexOf(0x0a, first + 1)
  if (bytes.toString('latin1', 0, Math.max(first, 0)) !== magic)
    throw new SetupError(`${file} is no backup of Tandem’s, or one of a newer version`)
  if (second < 0 || second >= length) throw damaged()
  try {
    return {
      manifest: manifest.parse(JSON.parse(bytes.toString('utf8', first + 1, second))),
      head: bytes.subarray(0, second + 1),
    }
  } catch (cause) {
    throw new SetupError('The backup is damaged: its beginning can’t be read. Nothing was restored', {
      cause,
    })
  }
}

/** Opens and proves an archive, item by item. What it took is good only when it resolves. @throws SetupError */
export async function readArchive(
  file: string,
  { manifest: { key: note }, head }: { manifest: Manifest; head: Buffer },
  opener: Opener,
  take: (item: Item) => Promise<void>,
): Promise<void> {
  const key = sameKey(opener, note)
  const gunzip = createGunzip()
  const opening = pipeline(
    Readable.from(openParts(createReadStream(file, { start: head.length }), key, head)),
    gunzip,
  )
  const reading = readItems(gunzip, take)
  // The one that failed first says why; the other fails with it.
  const [opened, read] = await Promise.allSettled([opening, reading.catch(stopped)])
  for (const { reason } of [opened, read].filter((result) => result.status === 'rejected'))
    throw reason instanceof SetupError ? reason : isBroken(reason) ? damaged() : reason

  function stopped(error: unknown): never {
    gunzip.destroy()
    throw error
  }
}

/** Of the decompression, or of a pipe whose other end gave up. */
function isBroken(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return code.startsWith('Z_') || code === 'ERR_STREAM_PREMATURE_CLOSE'
}

export function sync(path: string): void {
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
