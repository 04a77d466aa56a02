import type { AuditEntry } from '#audit'
import type { Recorder } from './recorder.ts'

/** What is counted, from wherever it happens. Costs a look at one field while nobody watches. */
export type Meters = {
  /** True from {@link start} on. */
  readonly on: boolean
  /** Loads the library and begins to count. An install that nobody watches never does. */
  start(): Promise<Recorder>
  request(route: string, method: string): (status: number) => void
  entry(entry: AuditEntry): void
  issued(grantType: string): void
  upstream(name: string, outcome: string, seconds: number): void
}

const ignore = (): void => undefined

export function createMeters(): Meters {
  let recorder: Recorder | undefined
  let starting: Promise<Recorder> | undefined
  const open = async (): Promise<Recorder> => {
    const { createRecorder } = await import('./recorder.ts')
    return (recorder = createRecorder())
  }
  return {
    get on() {
      return recorder !== undefined
    },
    start: () => (starting ??= open()),
    request: (route, method) => recorder?.request(route, method) ?? ignore,
    entry: (entry) => recorder?.entry(entry),
    issued: (grantType) => recorder?.issued(grantType),
    upstream: (name, outcome, seconds) => recorder?.upstream(name, outcome, seconds),
  }
}
