import { cpSync } from 'node:fs'
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { PGlite } from '@electric-sql/pglite'
import type { NodeFS } from '@electric-sql/pglite/nodefs'
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm'
import { unaccent } from '@electric-sql/pglite/contrib/unaccent'
import type { Bundle, FromWorker, ToWorker, WorkerSettings } from './bundle.ts'
import { DurableFs } from './durable-fs.ts'
import { startParams } from './start-params.ts'

// The database's own thread: runs what is asked in order, makes it durable, then answers.
if (!parentPort) throw new Error('This file is a worker')
const port = parentPort
const settings = workerData as WorkerSettings
const fileSystem = settings.directory === undefined ? undefined : await openFileSystem(settings.directory)
const database = await PGlite.create({
  ...(fileSystem ? { fs: fileSystem } : {}),
  ...(settings.snapshot ? { loadDataDir: new Blob([Buffer.from(settings.snapshot)]) } : {}),
  extensions: { pg_trgm, unaccent },
  initDbStartParams: ['--wal-segsize=1'],
  startParams: startParams({ durable: fileSystem !== undefined }),
})

/** Answers leave at least this often (ms), so that a slow statement doesn't hold back those before it. */
const holdMs = 4
const holdBytes = 1 << 20

const output = { ids: [] as number[], ends: [] as number[], bytes: Buffer.allocUnsafeSlow(1 << 16), end: 0 }

async function openFileSystem(directory: string): Promise<NodeFS & { flush?(): void }> {
  if (settings.fileSystem === undefined) return new DurableFs(directory)
  const module: { openFileSystem(directory: string): NodeFS } = await import(settings.fileSystem)
  return module.openFileSystem(directory)
}

function run(batch: Bundle): void {
  let since = performance.now()
  let from = 0
  for (const [i, id] of batch.ids.entries()) {
    const to = batch.ends[i] ?? from
    Atomics.store(settings.running, 0, id)
    execute(batch.bytes.subarray(from, to))
    output.ids.push(id)
    output.ends.push(output.end)
    from = to
    if (output.end > holdBytes || performance.now() - since > holdMs) {
      send()
      since = performance.now()
    }
  }
}

function execute(request: Uint8Array): void {
  // Runs synchronously although its type says otherwise: it would only wait for a browser's storage.
  void database.execProtocolRawStream(request, { syncToFs: false, onRawData: keep })
  // Every answer ends in ReadyForQuery. Without one the engine trapped, and its memory can't be trusted.
  if (output.bytes[output.end - 6] !== 0x5a) throw new Error('The database engine stopped in mid-statement')
}

function keep(bytes: Uint8Array): void {
  if (output.end + bytes.length > output.bytes.length) {
    const bigger = Buffer.allocUnsafeSlow(Math.max(output.bytes.length * 2, output.end + bytes.length))
    bigger.set(output.bytes.subarray(0, output.end))
    output.bytes = bigger
  }
  output.bytes.set(bytes, output.end)
  output.end += bytes.length
}

function send(): void {
  if (output.ids.length === 0) return
  // Nothing is acknowledged before it is on the disk.
  fileSystem?.flush?.()
  const bytes = new Uint8Array(output.end)
  bytes.set(output.bytes.subarray(0, output.end))
  post({ kind: 'answers', bundle: { ids: output.ids, ends: output.ends, bytes } }, [bytes.buffer])
  output.ids = []
  output.ends = []
  output.end = 0
  if (output.bytes.length > holdBytes * 4) output.bytes = Buffer.allocUnsafeSlow(1 << 16)
}

function post(message: FromWorker, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer)
}

async function close(): Promise<void> {
  checkpoint()
  await database.close()
  fileSystem?.flush?.()
  post({ kind: 'closed' })
  port.close()
}

port.on('message', (first: ToWorker) => {
  for (
    let next: ToWorker | undefined = first;
    next !== undefined;
    next = receiveMessageOnPort(port)?.message
  ) {
    if (next === 'close') {
      send()
      return void close()
    }
    if (next === 'dump') void dump()
    else if ('copyTo' in next) copy(next.copyTo)
    else run(next)
  }
  send()
  Atomics.store(settings.running, 0, 0)
})

/** Nothing else runs in this thread meanwhile: what is on the disk is one moment, and the next start recovers from it. */
function copy(target: string): void {
  send()
  let why: string | null = null
  try {
    if (settings.directory === undefined) throw new Error('it is in memory')
    checkpoint()
    fileSystem?.flush?.()
    cpSync(settings.directory, target, { recursive: true, errorOnExist: true, force: false })
  } catch (error) {
    why = error instanceof Error ? error.message : 'unknown'
  }
  post({ kind: 'copied', why })
}

function checkpoint(): void {
  void database.execProtocolRawSync(Buffer.from('Q\0\0\0\x0fcheckpoint\0', 'latin1'))
}

async function dump(): Promise<void> {
  const tar = new Uint8Array(await (await database.dumpDataDir('none')).arrayBuffer())
  post({ kind: 'dump', tar }, [tar.buffer])
}

post({ kind: 'open' })
