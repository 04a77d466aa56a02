import { SetupError } from '#foundation'

/** One thing in a backup: a file, or a directory (its path ends in a slash and it has no bytes). */
export type Item = { path: string; bytes: AsyncIterable<Uint8Array> }

const mostHeader = 4096
const mostFrame = 1 << 20

/** Frames are a length (4 bytes) and that many bytes. An item is its path, its bytes in frames, an empty frame. */
export async function* writeItems(items: AsyncIterable<Item>): AsyncGenerator<Uint8Array> {
  for await (const { path, bytes } of items) {
    yield frame(Buffer.from(path))
    for await (const part of bytes)
      for (let at = 0; at < part.length; at += mostFrame) yield frame(part.subarray(at, at + mostFrame))
    yield frame(new Uint8Array())
  }
  yield frame(new Uint8Array())
}

function frame(bytes: Uint8Array): Uint8Array {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

/** Hands each item to `take`, which reads all of it before the next one comes. @throws SetupError */
export async function readItems(
  stream: AsyncIterable<Uint8Array>,
  take: (item: Item) => Promise<void>,
): Promise<void> {
  const reader = new FrameReader(stream)
  for (;;) {
    const path = (await reader.next(mostHeader)).toString('utf8')
    if (path === '') break
    if (!isSafe(path)) throw damaged()
    const bytes = (async function* () {
      for (;;) {
        const part = await reader.next(mostFrame)
        if (part.length === 0) return
        yield part
      }
    })()
    await take({ path, bytes })
  }
  await reader.end()
}

/** Below where it is unpacked, in plain letters: whoever made the archive, it writes nowhere else. */
function isSafe(path: string): boolean {
  return /^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*\/?$/.test(path) && !path.split('/').includes('..')
}

class FrameReader {
  readonly #source: AsyncIterator<Uint8Array>
  #kept = Buffer.alloc(0)

  constructor(stream: AsyncIterable<Uint8Array>) {
    this.#source = stream[Symbol.asyncIterator]()
  }

  async next(most: number): Promise<Buffer> {
    const length = (await this.#take(4)).readUInt32BE()
    if (length > most) throw damaged()
    return this.#take(length)
  }

  /** Reads on: the last part of the stream says that it is whole. */
  async end(): Promise<void> {
    if (this.#kept.length > 0 || !(await this.#source.next()).done) throw damaged()
  }

  async #take(length: number): Promise<Buffer> {
    const parts = [this.#kept]
    let have = this.#kept.length
    while (have < length) {
      const { value, done } = await this.#source.next()
      if (done) throw damaged()
      parts.push(Buffer.from(value))
      have += value.length
    }
    const all = parts.length === 1 ? this.#kept : Buffer.concat(parts)
    this.#kept = all.subarray(length)
    return all.subarray(0, length)
  }
}

export function damaged(): SetupError {
  return new SetupError('The backup is damaged: it was cut short or changed. Nothing was restored')
}
