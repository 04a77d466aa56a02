import fs from 'node:fs'
import { NodeFS } from '@electric-sql/pglite/nodefs'

type Node = { name: string; parent: Node; mount: { opts: { root: string } } }
type Stream = { node: Node; nfd?: number; shared: { refcount: number }; flags: number }
type Operation = (...args: never[]) => unknown
export type Nodefs = {
  realPath(node: Node): string
  stream_ops: Record<string, Operation> & { fsync?(stream: Stream): number; close(stream: Stream): unknown }
  node_ops: Record<string, Operation>
}

/**
 * A file system that keeps PostgreSQL's promise. PGlite's own has no fsync, so every commit it
 * reports can be lost with the power (electric-sql/pglite#1107).
 *
 * The write-ahead log is synced once for a batch of commits: PostgreSQL's fsync of it is noted, and
 * `flush` does it before any answer of the batch leaves. Two things must stay true:
 * no answer before `flush`, and nothing else on the disk changes while a noted fsync is outstanding
 * (the log comes before the data), so every other change flushes first.
 */
export class DurableFs extends NodeFS {
  readonly #noted = new Set<number>()

  override async init(...args: Parameters<NodeFS['init']>): ReturnType<NodeFS['init']> {
    const { emscriptenOpts } = await super.init(...args)
    return {
      emscriptenOpts: {
        ...emscriptenOpts,
        preRun: [
          // PGlite types the module without its file systems' inner tables, which is where fsync is missing.
          (mod) => this.guard((mod as unknown as { NODEFS: Nodefs }).NODEFS),
          ...(emscriptenOpts.preRun ?? []),
        ],
      },
    }
  }

  /** Makes every commit so far safe. Throws when the disk refuses: nothing may be acknowledged then. */
  flush(): void {
    for (const nfd of this.#noted) this.sync(nfd)
    this.#noted.clear()
  }

  protected sync(nfd: number): void {
    fs.fdatasyncSync(nfd)
  }

  protected guard(nodefs: Nodefs): void {
    const { stream_ops: streams, node_ops: nodes } = nodefs
    streams.fsync = (stream) => {
      if (stream.nfd === undefined) this.#syncDirectory(nodefs.realPath(stream.node))
      else if (isLog(stream.node)) this.#noted.add(stream.nfd)
      else {
        this.flush()
        this.sync(stream.nfd)
      }
      return 0
    }
    const flushFirst = <F extends Operation>(operation: F, unless?: (stream: Stream) => boolean): F =>
      // The arguments pass through untouched; only the first is looked at.
      ((...args: Parameters<F>) => {
        if (this.#noted.size > 0 && !unless?.(args[0] as unknown as Stream)) this.flush()
        return operation(...args)
      }) as F
    streams['write'] = flushFirst(streams['write'] as Operation, (stream) => isLog(stream.node))
    streams['setattr'] = flushFirst(streams['setattr'] as Operation)
    streams.close = flushFirst(streams.close as Operation, (stream) => !this.#noted.has(stream.nfd ?? -1))
    for (const name of ['setattr', 'mknod', 'rename', 'unlink', 'rmdir', 'symlink']) {
      nodes[name] = flushFirst(nodes[name] as Operation)
    }
  }

  #syncDirectory(path: string): void {
    this.flush()
    if (process.platform === 'win32') return
    const fd = fs.openSync(path, 'r')
    try {
      fs.fsyncSync(fd)
    } finally {
      fs.closeSync(fd)
    }
  }
}

function isLog(node: Node): boolean {
  return node.parent.name === 'pg_wal'
}
