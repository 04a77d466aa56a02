/**
 * Names for statements asked again and again, so that each connection parses and plans them once.
 * Bounded: the server keeps every named statement until its connection ends.
 */
export class StatementNames {
  readonly #seen = new Map<string, number>()
  readonly #names = new Map<string, string | undefined>()
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  nameFor(sql: string): string | undefined {
    if (this.#names.has(sql)) return this.#names.get(sql)
    if (this.#names.size >= this.#limit) return undefined
    const times = (this.#seen.get(sql) ?? 0) + 1
    if (times < 3) {
      if (this.#seen.size >= this.#limit * 4) this.#seen.clear()
      this.#seen.set(sql, times)
      return undefined
    }
    this.#seen.delete(sql)
    const name = `tandem_${this.#names.size}`
    this.#names.set(sql, name)
    return name
  }

  /** Never names it again: its columns change under it. */
  avoid(sql: string): void {
    this.#names.set(sql, undefined)
  }
}
