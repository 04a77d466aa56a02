/** Messages between the main thread and the database's: many requests, or answers, in one block of memory. */
export type Bundle = {
  ids: number[]
  /** Where each one ends in `bytes`. */ ends: number[]
  bytes: Uint8Array<ArrayBuffer>
}

export type ToWorker = Bundle | 'close' | 'dump' | { copyTo: string }

export type FromWorker =
  | { kind: 'open' }
  | { kind: 'answers'; bundle: Bundle }
  | { kind: 'dump'; tar: Uint8Array<ArrayBuffer> }
  | { kind: 'copied'; /** Null when it is there whole. */ why: string | null }
  | { kind: 'closed' }

export type WorkerSettings = {
  /** PostgreSQL's own directory. Absent: in memory. */
  directory?: string
  /** A dumped directory to begin from (in memory only). */
  snapshot?: Uint8Array
  /** The number of the request being run, for whoever has to end this thread. */
  running: Int32Array<SharedArrayBuffer>
  /** A module whose `openFileSystem(directory)` replaces ours. Tests simulate a power loss with it. */
  fileSystem?: string
}
