import type { Measure } from './operations.ts'
import { spread, type Spread } from './statistics.ts'

/** One turn of one system. */
export type Sample = {
  system: string
  measure: Measure
  round: number
  /** In the measure's unit. */
  value: number
  /** Milliseconds of the server's own CPU per operation, null for states. */
  cpuMs: number | null
  p50: number | null
  p99: number | null
  /** The load generator's own CPU share, null for states. */
  generator: number | null
}

/** All values of one system and measure, in the order of the rounds. */
export function valuesOf(samples: readonly Sample[], system: string, measure: Measure): number[] {
  return samples.filter((s) => s.system === system && s.measure === measure).map((s) => s.value)
}

/**
 * How often one system fits into another, round by round: a round's turns lie seconds apart, so that what the machine
 * did meanwhile falls on both. By CPU, the work per second of the server's own processor time: what others did to the
 * machine matters less. Empty when one of them wasn't measured.
 */
export function ratios(
  samples: readonly Sample[],
  { of, to, measure, by = 'rate' }: { of: string; to: string; measure: Measure; by?: 'rate' | 'cpu' },
): Spread {
  const inRound = (system: string) =>
    new Map(
      samples
        .filter((s) => s.system === system && s.measure === measure)
        .map((s) => [s.round, by === 'rate' ? s.value : 1 / (s.cpuMs ?? Number.NaN)]),
    )
  const base = inRound(to)
  return spread(
    [...inRound(of)].flatMap(([round, value]) => {
      const other = base.get(round)
      return other === undefined ? [] : [value / other]
    }),
  )
}
