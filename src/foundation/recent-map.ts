/** A map that forgets what wasn't asked for lately: two generations, so that a hit costs one lookup and no upkeep. */
export class RecentMap<K, V> {
  readonly #most: number
  readonly #dropped: (value: V) => void
  #young = new Map<K, V>()
  #old = new Map<K, V>()

  /** Keeps at least the `most` entries used last and at most twice as many; `dropped` hears of each that leaves. */
  constructor(most: number, dropped: (value: V) => void = () => undefined) {
    this.#most = most
    this.#dropped = dropped
  }

  get(key: K): V | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.get(key)
    if (old !== undefined) this.set(key, old)
    return old
  }

  set(key: K, value: V): void {
    this.#old.delete(key)
    if (this.#young.size >= this.#most) {
      for (const left of this.#old.values()) this.#dropped(left)
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, value)
  }

  delete(key: K): void {
    const value = this.#young.get(key) ?? this.#old.get(key)
    if (value !== undefined) this.#dropped(value)
    this.#young.delete(key)
    this.#old.delete(key)
  }

  clear(): void {
    for (const value of [...this.#young.values(), ...this.#old.values()]) this.#dropped(value)
    this.#young.clear()
    this.#old.clear()
  }
}
