/**
 * Which numbers of the outbox this process has heard. Numbers are given before the commit, so a lower
 * one may appear after a higher one: a missing number is asked for again until no transaction can
 * still hold it.
 */
export class OutboxCursor {
  highest: number
  readonly #missing = new Map<number, number>()
  readonly #ahead = new Set<number>()
  /** Milliseconds to wait for a missing number: longer than a transaction may run (see transaction.ts). */
  readonly #patience: number
  /** More transactions than this are never open at once. */
  readonly #span = 1000

  constructor({ highest, present, patience }: { highest: number; present: number[]; patience: number }) {
    this.highest = highest
    this.#patience = patience
    const known = new Set(present)
    const first = Math.max(1, highest - this.#span)
    for (let id = first; id < highest; id++) if (!known.has(id)) this.#missing.set(id, performance.now())
  }

  missing(): number[] {
    const now = performance.now()
    for (const [id, since] of this.#missing) if (now - since > this.#patience) this.#missing.delete(id)
    return [...this.#missing.keys()]
  }

  /** True when a number this process published itself is news still: a read may have been faster. */
  isOwnNews(id: number): boolean {
    if (id <= this.highest && !this.#missing.has(id)) return false
    this.#ahead.add(id)
    return true
  }

  /** True when the row just read is news. */
  isNews(id: number): boolean {
    if (id > this.highest) {
      for (let gap = Math.max(this.highest + 1, id - this.#span); gap < id; gap++) {
        this.#missing.set(gap, performance.now())
      }
      this.highest = id
    } else if (!this.#missing.delete(id)) return false
    return !this.#ahead.delete(id)
  }
}
