import { connect, type Socket } from 'node:net'

export type RawAnswer = { status: number; head: string; body: string }
type Waiting = { resolve(answer: RawAnswer): void; reject(cause: Error): void }

const headEnd = Buffer.from('\r\n\r\n')

/**
 * One kept-alive HTTP/1.1 connection, one request at a time. A client of its own because a general one costs more
 * than the servers under test: it would measure itself.
 */
export class Connection {
  readonly #host: string
  readonly #port: number
  #socket: Socket | null = null
  #received: Buffer = Buffer.alloc(0)
  #waiting: Waiting | null = null

  constructor(origin: string) {
    const { hostname, port } = new URL(origin)
    this.#host = hostname
    this.#port = Number(port)
  }

  /** Sends a whole request, as the wire has it, and resolves to the whole answer. */
  send(request: string): Promise<RawAnswer> {
    if (this.#waiting) return Promise.reject(new Error('one request at a time'))
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
      this.#open().write(request)
    })
  }

  close(): void {
    this.#socket?.destroy()
  }

  #open(): Socket {
    if (this.#socket && !this.#socket.destroyed) return this.#socket
    const socket = connect({ host: this.#host, port: this.#port, noDelay: true })
    this.#received = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
      this.#read()
    })
    socket.on('error', (cause) => this.#fail(cause))
    socket.on('close', () =>
      this.#fail(new Error('the server closed the connection in the middle of an answer')),
    )
    this.#socket = socket
    return socket
  }

  #fail(cause: Error): void {
    const waiting = this.#waiting
    this.#waiting = null
    waiting?.reject(cause)
  }

  #read(): void {
    const end = this.#received.indexOf(headEnd)
    if (end < 0) return
    const head = this.#received.toString('latin1', 0, end)
    const body = bodyOf(head, this.#received, end + 4)
    if (body === null) return
    this.#received = Buffer.alloc(0)
    const waiting = this.#waiting
    this.#waiting = null
    if (/\r\nconnection: close/i.test(head)) this.#socket?.destroy()
    waiting?.resolve({ status: Number(head.slice(9, 12)), head, body })
  }
}

/** The body once all of it is here, else null (RFC 9112 §6.3). */
function bodyOf(head: string, bytes: Buffer, from: number): string | null {
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)
  if (length) {
    const to = from + Number(length[1])
    return bytes.length < to ? null : bytes.toString('utf8', from, to)
  }
  if (!/\r\ntransfer-encoding: *chunked/i.test(head)) return ''
  const parts: Buffer[] = []
  for (let at = from; ;) {
    const line = bytes.indexOf('\r\n', at)
    if (line < 0) return null
    const size = Number.parseInt(bytes.toString('latin1', at, line), 16)
    const to = line + 2 + size + 2
    if (bytes.length < to) return null
    if (size === 0) return Buffer.concat(parts).toString('utf8')
    parts.push(bytes.subarray(line + 2, line + 2 + size))
    at = to
  }
}
