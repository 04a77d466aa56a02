import { bars, measures, unitOf, type Bar, type Measure } from './operations.ts'
import type { Options } from './options.ts'
import { ratios, valuesOf, type Sample } from './results.ts'
import { spread, type Spread } from './statistics.ts'

/** The tables: what was measured, the ratios to two peers, and the bars. */
export function report(samples: readonly Sample[], options: Options): string {
  const shown = measures.filter((measure) => samples.some((sample) => sample.measure === measure))
  const names = options.systems.map(({ name }) => name)
  const head = (first: string) => [first, ...names]
  const parts = [
    table(
      head('min / median / max'),
      shown.map((measure) => [
        `${measure} (${unitOf[measure]})`,
        ...names.map((name) => cell(spread(valuesOf(samples, name, measure)))),
      ]),
      options.markdown,
    ),
    table(
      head("server's CPU, ms each (p99 latency, ms)"),
      shown
        .filter((measure) => samples.some((s) => s.measure === measure && s.cpuMs !== null))
        .map((measure) => [measure, ...names.map((name) => cost(samples, name, measure))]),
      options.markdown,
    ),
  ]
  for (const peer of ['oidc-provider', 'better-auth']) {
    if (!names.includes(peer)) continue
    const others = names.filter((name) => name !== peer)
    parts.push(
      table(
        [`times ${peer}`, ...others],
        shown
          .filter((measure) => unitOf[measure] === '/s')
          .map((measure) => [
            measure,
            ...others.map((name) => cell(ratios(samples, { of: name, to: peer, measure }))),
          ]),
        options.markdown,
      ),
    )
  }
  const judged = bars.map((bar) => judge(bar, samples)).filter((row) => row !== null)
  if (judged.length > 0)
    parts.push(table(['bar', 'min / median / max', 'by CPU', ''], judged, options.markdown))
  const limited = samples.filter((sample) => (sample.generator ?? 0) > 0.9)
  if (limited.length > 0) {
    const which = new Set(limited.map(({ system, measure }) => `${system} ${measure}`))
    parts.push(
      `The load generator was the limit (its core over 90 % busy), so read as "at least": ${[...which].join(', ')}`,
    )
  }
  return parts.join('\n\n')
}

/** A bar holds when the median of the rounds does. Null when it wasn't measured. */
function judge(bar: Bar, samples: readonly Sample[]): string[] | null {
  const ratio = 'times' in bar
  const values = ratio
    ? ratios(samples, { of: bar.system, to: bar.times, measure: bar.measure })
    : spread(valuesOf(samples, bar.system, bar.measure))
  if (Number.isNaN(values.median)) return null
  const met = ratio ? values.median >= bar.atLeast : values.median <= bar.atMost
  const claim = ratio
    ? `${bar.system} ${bar.measure} ≥ ${bar.atLeast} × ${bar.times}`
    : `${bar.system} ${bar.measure} ≤ ${bar.atMost} ${unitOf[bar.measure]}`
  const byCpu = ratio
    ? ratios(samples, { of: bar.system, to: bar.times, measure: bar.measure, by: 'cpu' }).median
    : Number.NaN
  return [
    claim,
    cell(values),
    number(byCpu),
    met
      ? 'pass'
      : `MISS${ratio ? `: npm run bench -- --systems ${bar.system} --profile '${bar.measure}'` : ''}`,
  ]
}

export function number(value: number): string {
  if (Number.isNaN(value)) return '—'
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

function cell({ min, median, max }: Spread): string {
  return Number.isNaN(median) ? '—' : `${number(min)} / ${number(median)} / ${number(max)}`
}

function cost(samples: readonly Sample[], system: string, measure: Measure): string {
  const own = samples.filter((sample) => sample.system === system && sample.measure === measure)
  const cpu = spread(own.flatMap(({ cpuMs }) => (cpuMs === null ? [] : [cpuMs]))).median
  const p99 = spread(own.flatMap(({ p99 }) => (p99 === null ? [] : [p99]))).median
  return Number.isNaN(p99) ? '—' : `${number(cpu)} (${number(p99)})`
}

export function table(head: string[], rows: string[][], markdown: boolean): string {
  const widths = head.map((text, column) =>
    Math.max(text.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (row: string[]) => row.map((text, column) => text.padEnd(widths[column] ?? 0))
  if (!markdown) {
    const rule = widths.map((width) => '─'.repeat(width)).join('  ')
    return [line(head).join('  '), rule, ...rows.map((row) => line(row).join('  '))].join('\n')
  }
  const bar = (row: string[]) => `| ${row.join(' | ')} |`
  return [
    bar(line(head)),
    bar(widths.map((width) => '-'.repeat(width))),
    ...rows.map((row) => bar(line(row))),
  ].join('\n')
}
