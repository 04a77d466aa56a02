import { Worker } from 'node:worker_threads'
import type { Bundle, FromWorker, ToWorker, WorkerSettings } from './bundle.ts'
import { RequestWriter } from './request.ts'

export type Reply = (bytes: Buffer, from: number, to: number) => void
/** What became of a request whose thread ended: ended by us while it ran, not begun, or nobody knows. */
export type Fate = 'ended' | 'not run' | 'unknown'

type Waiting = { id: number; reply: Reply; lost(fate: Fate): void }

/**
 * One life of the database's thread. Requests written in the same turn of the event loop travel
 * together, so that the thread can make them durable with one fsync.
 */
export class DatabaseThread {
  readonly #worker: Worker
  readonly #running: Int32Array<SharedArrayBuffer>
  readonly #writer = new RequestWriter()
  readonly #waiting = new Map<number, Waiting>()
  #next = 1
  #ids: number[] = []
  #ends: number[] = []
  #tar: ((tar: Uint8Array<ArrayBuffer>) => void) | undefined
  #copied: ((why: string | null) => void) | undefined
  #deliberate = false
  readonly #opened: Promise<void>
  /** Resolves with the reason when the thread has ended. */
  readonly #gone: Promise<unknown>

  private constructor(worker: Worker, running: Int32Array<SharedArrayBuffer>) {
    this.#worker = worker
    this.#running = running
    let cause: unknown = new Error('The database thread stopped')
    worker.on('error', (error) => (cause = error))
    this.#gone = new Promise((resolve) => worker.on('exit', () => resolve(cause)))
    this.#opened = new Promise((resolve, reject) => {
      worker.on('message', (message: FromWorker) => {
        if (message.kind === 'answers') this.#answer(message.bundle)
        else if (message.kind === 'dump') this.#tar?.(message.tar)
        else if (message.kind === 'copied') this.#copied?.(message.why)
        else resolve()
      })
      void this.#gone.then(reject)
    })
  }

  /** Starts the thread and waits for the database to have recovered. `died` tells of an end nobody asked for. */
  static async open(
    settings: Omit<WorkerSettings, 'running'>,
    died: (cause: unknown) => void,
  ): Promise<DatabaseThread> {
    const running = new Int32Array(new SharedArrayBuffer(4))
    const workerData: WorkerSettings = { ...settings, running }
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData,
      execArgv: [],
      name: 'database',
    })
    const thread = new DatabaseThread(worker, running)
    await thread.#opened
    void thread.#gone.then((cause) => thread.#deliberate || died(cause))
    return thread
  }

  /** The number of the request being run; 0 when none is. */
  get running(): number {
    return Atomics.load(this.#running, 0)
  }

  get idle(): boolean {
    return this.#waiting.size === 0
  }

  get waiting(): number {
    return this.#waiting.size
  }

  request(write: (writer: RequestWriter) => void, reply: Reply, lost: Waiting['lost']): number {
    const id = this.#next
    this.#next = id >= 0x7fffffff ? 1 : id + 1
    const before = this.#writer.length
    try {
      write(this.#writer)
    } catch (error) {
      // Half a message would be read together with the next one.
      this.#writer.rewind(before)
      throw error
    }
    if (this.#ids.length === 0) process.nextTick(() => this.#send())
    this.#ids.push(id)
    this.#ends.push(this.#writer.length)
    this.#waiting.set(id, { id, reply, lost })
    return id
  }

  #send(): void {
    if (this.#ids.length === 0) return
    const bundle: Bundle = { ids: this.#ids, ends: this.#ends, bytes: this.#writer.take() }
    this.#ids = []
    this.#ends = []
    this.#post(bundle, [bundle.bytes.buffer])
  }

  #post(message: ToWorker, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer)
  }

  #answer({ ids, ends, bytes }: Bundle): void {
    const buffer = Buffer.from(bytes.buffer)
    let from = 0
    for (const [i, id] of ids.entries()) {
      const to = ends[i] ?? from
      const waiting = this.#waiting.get(id)
      this.#waiting.delete(id)
      waiting?.reply(buffer, from, to)
      from = to
    }
  }

  /** The directory as a tar archive (databases in memory only). */
  dump(): Promise<Uint8Array<ArrayBuffer>> {
    return new Promise((resolve) => {
      this.#tar = resolve
      this.#send()
      this.#post('dump')
    })
  }

  /** Copies the directory (databases on disk only). */
  async copy(to: string): Promise<void> {
    const copied = new Promise<string | null>((resolve) => {
      this.#copied = resolve
      this.#send()
      this.#post({ copyTo: to })
    })
    const gone = this.#gone.then(() => 'the database’s thread ended')
    const why = await Promise.race([copied, gone])
    if (why !== null) throw new Error(`The database could not be copied: ${why}`)
  }

  /** Shuts the database down in order. */
  async close(): Promise<void> {
    this.#deliberate = true
    this.#send()
    this.#post('close')
    await this.#gone
  }

  /** Ends the thread in mid-statement. What was committed is found again when the directory is reopened. */
  async terminate(): Promise<void> {
    this.#deliberate = true
    await this.#worker.terminate()
  }

  /** Tells whoever still waits what became of the request, after the thread is gone. */
  abandon(endedByUs: boolean): void {
    const running = this.running
    // Those before the one that ran were done, their answers not yet sent.
    let fate: Fate = this.#waiting.has(running) ? 'unknown' : 'not run'
    for (const { id, lost } of this.#waiting.values()) {
      if (id !== running) lost(fate)
      else {
        lost(endedByUs ? 'ended' : 'unknown')
        fate = 'not run'
      }
    }
    this.#waiting.clear()
  }
}
