type Waiter = () => void

/**
 * Whose turn it is in the database's one session. Single statements pass as they come; a transaction
 * keeps the session until it gives it back. First come, first served.
 */
export class Turns {
  #held = false
  readonly #queue: { exclusive: boolean; go: Waiter }[] = []

  get contended(): boolean {
    return this.#queue.length > 0
  }

  /** Calls `go` at once, or when every transaction before has ended. */
  pass(go: Waiter): void {
    if (this.#held) this.#queue.push({ exclusive: false, go })
    else go()
  }

  /** Resolves when the session is the caller's alone. */
  hold(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#held) this.#queue.push({ exclusive: true, go: resolve })
      else {
        this.#held = true
        resolve()
      }
    })
  }

  release(): void {
    this.#held = false
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      if (next.exclusive) this.#held = true
      next.go()
      if (next.exclusive) return
    }
  }
}
