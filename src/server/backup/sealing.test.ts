import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { readItems, writeItems } from './frames.ts'
import type { Item } from './frames.ts'
import { newKey, openParts, sameKey, sealParts } from './sealing.ts'

const head = Buffer.from('TANDEM-BACKUP 1\n{}\n')
const { key } = newKey({ kind: 'install', secret: 'kR4tZ1wL8yB5cH3jD6sF0gAQp7mN2xV9' })
const plain = randomBytes(700_000)

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of stream) parts.push(part)
  return Buffer.concat(parts)
}
const sealed = async () => {
  const parts: Uint8Array[] = []
  for await (const part of sealParts(Readable.from([plain]), key, head)) parts.push(part)
  return parts
}
/** As a disk hands it out: in pieces that know nothing of parts. */
const open = (parts: Uint8Array[], under = head) => {
  const whole = Buffer.concat(parts)
  const pieces = Array.from({ length: Math.ceil(whole.length / 65_536) }, (_, at) =>
    whole.subarray(at * 65_536, (at + 1) * 65_536),
  )
  return collect(openParts(Readable.from(pieces), key, under))
}

describe('sealed parts', () => {
  it('open to what was sealed', async () => {
    const parts = await sealed()
    expect(parts.length).toBe(3)
    expect((await open(parts)).equals(plain)).toBe(true)
  })

  it('left out, swapped, doubled or under another head are refused', async () => {
    const parts = await sealed()
    const [a, b, c] = parts as [Uint8Array, Uint8Array, Uint8Array]
    for (const wrong of [[a, b], [a], [], [b, a, c], [a, c], [a, b, b, c], [a, b, c, c]])
      await expect(open(wrong)).rejects.toThrow('damaged')
    await expect(open(parts, Buffer.from('TANDEM-BACKUP 1\n{"tandem":"9"}\n'))).rejects.toThrow('damaged')
  })

  it('open with the same secret or passphrase alone', () => {
    const opener = { kind: 'passphrase', passphrase: 'seven lanterns' } as const
    const made = newKey(opener)
    expect(sameKey(opener, made.note).equals(made.key)).toBe(true)
    expect(() => sameKey({ ...opener, passphrase: 'seven lantern' }, made.note)).toThrow('passphrase')
    expect(newKey(opener).key.equals(made.key)).toBe(false)
  })
})

describe('items', () => {
  const items = async function* (...paths: string[]): AsyncGenerator<Item> {
    for (const path of paths) yield { path, bytes: Readable.from([Buffer.from(path)]) }
  }
  const read = async (stream: AsyncIterable<Uint8Array>) => {
    const seen: string[] = []
    await readItems(
      stream,
      async ({ path, bytes }) => void seen.push(`${path}=${(await collect(bytes)).toString()}`),
    )
    return seen
  }

  it('come back in their order', async () => {
    expect(await read(writeItems(items('a', 'b/c')))).toEqual(['a=a', 'b/c=b/c'])
  })

  it.each(['../x', '/etc/passwd', 'a/../../b', 'a//b', 'a\\b', 'C:x', 'a/./../b', 'a\0b'])(
    'named %j write nowhere',
    async (path) => {
      await expect(read(writeItems(items(path)))).rejects.toThrow('damaged')
    },
  )

  it('cut short are refused', async () => {
    const whole = await collect(writeItems(items('a', 'b')))
    for (const at of [0, 3, 5, whole.length - 1])
      await expect(read(Readable.from([whole.subarray(0, at)]))).rejects.toThrow('damaged')
  })
})
