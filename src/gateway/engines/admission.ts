import type { UpstreamLimits } from '#contract'
import type { Clock } from '#foundation'
import { UpstreamTrouble } from '../engine.ts'
import type { TroubleKind } from '../engine.ts'

/** Who may call one upstream now: so many at once, and nobody while it rests. */
export interface Admission {
  /**
   * Takes a place for a call of this person; give it back with `leave`, once, whatever happened.
   * @throws {@link UpstreamTrouble} `busy` or `resting`
   */
  enter(person: string): Place
  /** Milliseconds since the epoch until which nobody asks the upstream; null when it doesn't rest. */
  restsUntil(): number | null
}
export interface Place {
  /** Says how it ended: with trouble, or well. A call that its own caller gave up says `abandoned`. */
  leave(ended?: TroubleKind | 'abandoned'): void
}

/** Failures one after the other, from which on an upstream rests. */
const failuresBeforeRest = 5
const firstRestMs = 5_000
const longestRestMs = 60_000

/**
 * Counts calls under way, and opens the circuit after {@link failuresBeforeRest} failures in a row: then one call is let
 * through after each rest, and only its success lets the others in.
 */
export function createAdmission(
  limits: Pick<UpstreamLimits, 'atOnce' | 'atOnceEach'>,
  clock: Clock,
  /** False: it never rests, for what rests by itself. */
  { circuit = true }: { circuit?: boolean | undefined } = {},
): Admission {
  const each = new Map<string, number>()
  let all = 0
  let failures: { person: string; kind: TroubleKind }[] = []
  let rest: { until: number; length: number; probing: boolean } | null = null

  const failed = (person: string, kind: TroubleKind): void => {
    failures = [...failures, { person, kind }].slice(-failuresBeforeRest)
    // Somebody who asks for slow things again and again mustn't take the upstream away from everybody else.
    const proven =
      failures.some((failure) => failure.kind === 'unreachable') ||
      new Set(failures.map((failure) => failure.person)).size > 1
    if (rest === null && (failures.length < failuresBeforeRest || !proven)) return
    const length = rest === null ? firstRestMs : Math.min(longestRestMs, rest.length * 2)
    rest = { until: clock.now().getTime() + length, length, probing: false }
  }

  return {
    enter(person) {
      const mine = each.get(person) ?? 0
      if (all >= limits.atOnce) throw new UpstreamTrouble('busy', `${all} calls are under way`)
      if (mine >= limits.atOnceEach)
        throw new UpstreamTrouble('busy', `${mine} calls of one person are under way`)
      let probe = false
      if (rest !== null) {
        if (rest.probing || clock.now().getTime() < rest.until)
          throw new UpstreamTrouble('resting', `${failuresBeforeRest} calls in a row failed`)
        rest.probing = true
        probe = true
      }
      all++
      each.set(person, mine + 1)
      let left = false
      return {
        leave(ended) {
          if (left) return
          left = true
          all--
          const now = (each.get(person) ?? 1) - 1
          if (now > 0) each.set(person, now)
          else each.delete(person)
          if (!circuit) return
          const broken = ended === 'unreachable' || ended === 'late'
          // What was under way when the rest began says nothing about now.
          if (rest !== null && !probe) return
          if (broken) failed(person, ended)
          else if (ended === 'abandoned' || ended === 'busy' || ended === 'resting') {
            // That says nothing of the upstream.
            if (rest !== null) rest.probing = false
          } else {
            failures = []
            rest = null
          }
        },
      }
    },
    restsUntil: () => rest?.until ?? null,
  }
}
