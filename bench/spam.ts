import { addressOf } from './addresses.ts'
import { registration } from './flows/flow.ts'
import type { Options } from './options.ts'
import { table } from './report.ts'
import { cores } from './rounds.ts'
import { startServer } from './server.ts'
import type { System } from './systems.ts'
import { Visitor } from './visitor.ts'

type Tenth = { latencies: number[]; refused: number }

/**
 * Registrations without end from ever new addresses (attacks D9): what stays is bounded, and so is how long each takes.
 * Compares the last tenth with the first, and counts the rows when all is over.
 */
export async function spam(
  system: System,
  options: Options,
  total: number,
  say: (line: string) => void,
): Promise<string[]> {
  const place = await system.fresh()
  const server = await startServer((origin) => place.launch(origin), cores.server)
  const tenths: Tenth[] = Array.from({ length: 10 }, () => ({ latencies: [], refused: 0 }))
  let sent = 0
  const visitors = Array.from({ length: options.connections }, (_, n) => new Visitor(server.origin, n))
  try {
    say(`${system.name}: ${total} registrations`)
    await Promise.all(
      visitors.map(async (visitor) => {
        while (sent < total) {
          const n = sent++
          const tenth = tenths[Math.floor((n * 10) / total)]
          const headers = { 'x-forwarded-for': addressOf(n) }
          const json = { ...registration, client_name: `Spam ${n}` }
          const from = performance.now()
          const { status, text } = await visitor.askAsClient('/oauth/register', { json, headers })
          tenth?.latencies.push(performance.now() - from)
          if (status === 429 && tenth) tenth.refused++
          else if (status !== 201) throw new Error(`registration ${n} got ${status}: ${text.slice(0, 200)}`)
        }
      }),
    )
    const memory = server.memory()
    await server.stop()
    const rows = (await place.countClients?.()) ?? Number.NaN
    const [first, last] = [tenths[0], tenths.at(-1)].map((one) => percentiles(one?.latencies ?? []))
    const refused = tenths.reduce((sum, one) => sum + one.refused, 0)
    return [
      system.name,
      `${total - refused}`,
      `${refused}`,
      `${rows}`,
      first ?? '',
      last ?? '',
      memory.toFixed(0),
    ]
  } finally {
    for (const visitor of visitors) visitor.close()
    await server.stop()
    await place.remove()
  }
}

export function spamTable(rows: string[][], markdown: boolean): string {
  const head = [
    'spam',
    'taken',
    'refused',
    'rows kept',
    'p50 / p99 ms, first tenth',
    'last tenth',
    'memory, MB',
  ]
  return table(head, rows, markdown)
}

function percentiles(latencies: number[]): string {
  const sorted = latencies.toSorted((a, b) => a - b)
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
  return `${at(0.5).toFixed(1)} / ${at(0.99).toFixed(1)}`
}
