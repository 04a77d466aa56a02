// A file system for the database's thread that notes every change and every sync, so that a power loss can be replayed.
import { appendFileSync, readlinkSync } from 'node:fs'
import { relative } from 'node:path'
import { NodeFS } from '@electric-sql/pglite/nodefs'
import { DurableFs } from '../../src/storage/embedded/durable-fs.ts'
import type { Nodefs } from '../../src/storage/embedded/durable-fs.ts'
import { encode } from './journal.ts'
import type { Change } from './journal.ts'

const url = new URL(import.meta.url)
const journal = url.searchParams.get('journal') ?? ''

/** Ours, or PGlite's own, which has no fsync. */
export function openFileSystem(directory: string): NodeFS {
  return url.searchParams.get('kind') === 'stock'
    ? new RecordedStock(directory)
    : new RecordedDurable(directory)
}

const note = (change: Change, bytes?: Uint8Array) => appendFileSync(journal, encode(change, bytes))

class RecordedDurable extends DurableFs {
  protected override guard(nodefs: Nodefs): void {
    record(nodefs, this.rootDir)
    super.guard(nodefs)
  }

  protected override sync(nfd: number): void {
    super.sync(nfd)
    note({ kind: 'sync', path: relative(this.rootDir, readlinkSync(`/proc/self/fd/${nfd}`)) })
  }
}

class RecordedStock extends NodeFS {
  override async init(...args: Parameters<NodeFS['init']>): ReturnType<NodeFS['init']> {
    const { emscriptenOpts } = await super.init(...args)
    const preRun = [
      (mod: unknown) => record((mod as { NODEFS: Nodefs }).NODEFS, this.rootDir),
      ...(emscriptenOpts.preRun ?? []),
    ]
    return { emscriptenOpts: { ...emscriptenOpts, preRun } }
  }
}

type Stream = { node: Node; nfd: number }
type Node = { name: string; mode: number }

/** Wraps what changes the disk so that each change is noted once it has happened. */
function record(nodefs: Nodefs, root: string): void {
  const path = (node: unknown) => relative(root, nodefs.realPath(node as never))
  const child = (parent: unknown, name: string) => `${path(parent)}/${name}`.replace(/^\//, '')
  const after = <A extends unknown[]>(
    table: object,
    name: string,
    tell: (...args: A) => void,
    before = false,
  ) => {
    const operations = table as Record<string, (...args: A) => unknown>
    const operation = operations[name]
    if (!operation) throw new Error(`The file system has no ${name}`)
    operations[name] = (...args) => {
      if (before) tell(...args)
      const result = operation(...args)
      if (!before) tell(...args)
      return result
    }
  }
  after(
    nodefs.stream_ops,
    'write',
    (stream: Stream, buffer: Int8Array, offset: number, length: number, at: number) => {
      const bytes = new Uint8Array(buffer.buffer, buffer.byteOffset + offset, length)
      note({ kind: 'write', path: path(stream.node), at }, bytes)
    },
  )
  after(nodefs.stream_ops, 'setattr', (stream: Stream, attributes: { size?: number }) => {
    if (attributes.size !== undefined)
      note({ kind: 'truncate', path: path(stream.node), size: attributes.size })
  })
  after(nodefs.node_ops, 'setattr', (node: Node, attributes: { size?: number }) => {
    if (attributes.size !== undefined) note({ kind: 'truncate', path: path(node), size: attributes.size })
  })
  after(nodefs.node_ops, 'mknod', (parent: Node, name: string, mode: number) => {
    note({ kind: (mode & 0o170000) === 0o040000 ? 'mkdir' : 'create', path: child(parent, name) })
  })
  const rename = (node: Node, parent: Node, name: string) =>
    note({ kind: 'rename', path: path(node), to: child(parent, name) })
  after(nodefs.node_ops, 'rename', rename, true)
  for (const name of ['unlink', 'rmdir'] as const) {
    after(nodefs.node_ops, name, (parent: Node, child_: string) =>
      note({ kind: 'remove', path: child(parent, child_) }),
    )
  }
}
