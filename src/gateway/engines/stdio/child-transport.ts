import { parseJSONRPCMessage } from '@modelcontextprotocol/client'
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client'
import type { Child } from './child.ts'
import { lineReader } from './lines.ts'
import type { TooLong } from './lines.ts'

/** The code of the error that stands in for an answer of more bytes than may pass. Ours alone: the wire never sees it. */
export const tooLargeCode = -32051

/**
 * The transport of a child's pipes. The SDK's own starts its process itself, with more of our environment than the
 * program may see and in our process group; this one is given a process.
 *
 * It has `pid` and `stderr` because the SDK takes what has both for stdio: a server that doesn't answer
 * `server/discover` is one of an older revision then, and no outage.
 */
export class ChildTransport implements Transport {
  onclose?: () => void
  onerror?: (error: Error) => void
  onmessage?: (message: JSONRPCMessage) => void
  readonly stderr = null
  readonly pid: number
  readonly #child: Child
  readonly #maxBytes: number
  readonly #waiting: JSONRPCMessage[] = []

  constructor(child: Child, maxBytes: number) {
    this.#child = child
    this.#maxBytes = maxBytes
    this.pid = child.pid
  }

  async start(): Promise<void> {
    const read = lineReader(
      this.#maxBytes,
      (text) => this.#take(text),
      (edges) => this.#takeTooLong(edges),
    )
    this.#child.stdout.on('data', read)
    this.#child.stdout.on('error', (error: Error) => this.onerror?.(error))
    void this.#child.ended.then(() => this.onclose?.())
  }

  #take(text: string): void {
    if (text.trim() === '') return
    let message: JSONRPCMessage
    try {
      message = parseJSONRPCMessage(JSON.parse(text))
    } catch {
      // Programs print to standard output what they shouldn't; the SDKs skip it, and so do we.
      return
    }
    this.#deliver(message)
  }

  /**
   * The SDK hears notifications a moment later than answers: of two that came in one piece, a word on how far a call is
   * would be lost behind its answer. So what follows a notification waits for the next turn, and reading waits with it.
   */
  #deliver(message: JSONRPCMessage): void {
    this.#waiting.push(message)
    if (this.#waiting.length === 1) this.#deliverNext()
    else this.#child.stdout.pause()
  }
  #deliverNext = (): void => {
    for (let message = this.#waiting[0]; message !== undefined; message = this.#waiting[0]) {
      this.onmessage?.(message)
      if ('id' in message) this.#waiting.shift()
      else {
        // It stays at the front until then, so that nothing is delivered past it.
        setImmediate(this.#afterNotification)
        return
      }
    }
    this.#child.stdout.resume()
  }
  #afterNotification = (): void => {
    this.#waiting.shift()
    this.#deliverNext()
  }

  /** Its own call fails and nobody else's. A message that doesn't say whose it is ends the program. */
  #takeTooLong({ head, tail }: TooLong): void {
    // A quote inside a text is escaped: neither pattern can be met by what a tool wrote.
    const id = /,"id":(\d+)\}\s*$/.exec(tail) ?? /^\{"jsonrpc":"2\.0","id":(\d+),/.exec(head)
    if (!id) return this.#child.kill('it wrote a message of more bytes than may pass')
    const error = { code: tooLargeCode, message: 'The answer is too large' }
    this.#deliver({ jsonrpc: '2.0', id: Number(id[1]), error })
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const { stdin } = this.#child
    if (!stdin.writable) throw new Error('The program is gone')
    // A program that doesn't read must not make us keep what nobody will.
    if (stdin.writableLength > this.#maxBytes) {
      this.#child.kill('it stopped reading')
      throw new Error('The program stopped reading')
    }
    stdin.write(`${JSON.stringify(message)}\n`)
  }

  async close(): Promise<void> {
    await this.#child.end()
  }
}
