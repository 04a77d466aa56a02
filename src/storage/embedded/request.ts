import type { Parameter } from '../parameters.ts'

/** Builds messages of PostgreSQL's protocol (frontend side; PostgreSQL documentation, "Message Formats"). */
export class RequestWriter {
  #bytes = Buffer.allocUnsafeSlow(4096)
  #end = 0
  #frame = 0

  get length(): number {
    return this.#end
  }

  /** Takes back everything after `length`. */
  rewind(length: number): void {
    this.#end = length
  }

  /** What was written, in memory of its own so that it can be handed to another thread. */
  take(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.#end)
    bytes.set(this.#bytes.subarray(0, this.#end))
    this.#end = 0
    if (this.#bytes.length > 1 << 20) this.#bytes = Buffer.allocUnsafeSlow(4096)
    return bytes
  }

  /** Several statements in one text, without parameters. */
  simple(sql: string): void {
    this.#begin('Q')
    this.#text(sql)
    this.#finish()
  }

  parse(name: string, sql: string): void {
    this.#begin('P')
    this.#text(name)
    this.#text(sql)
    this.#int16(0)
    this.#finish()
  }

  closeStatement(name: string): void {
    this.#begin('C')
    this.#byte(0x53)
    this.#text(name)
    this.#finish()
  }

  /** Binds, asks for the columns when `describe`, executes, ends. */
  execute(name: string, parameters: readonly Parameter[], describe: boolean): void {
    this.#begin('B')
    this.#text('')
    this.#text(name)
    this.#int16(parameters.length)
    for (const value of parameters) this.#int16(value === null || typeof value === 'string' ? 0 : 1)
    this.#int16(parameters.length)
    for (const value of parameters) this.#value(value)
    this.#int16(0)
    this.#finish()
    if (describe) {
      this.#begin('D')
      this.#byte(0x50)
      this.#text('')
      this.#finish()
    }
    this.#begin('E')
    this.#text('')
    this.#int32(0)
    this.#finish()
    this.#begin('S')
    this.#finish()
  }

  #value(value: Parameter): void {
    if (value === null) return this.#int32(-1)
    const size = typeof value === 'string' ? Buffer.byteLength(value) : value.length
    this.#int32(size)
    this.#reserve(size)
    if (typeof value === 'string') this.#bytes.write(value, this.#end)
    else this.#bytes.set(value, this.#end)
    this.#end += size
  }

  #begin(type: string): void {
    this.#byte(type.charCodeAt(0))
    this.#frame = this.#end
    this.#int32(0)
  }

  #finish(): void {
    this.#bytes.writeInt32BE(this.#end - this.#frame, this.#frame)
  }

  #text(text: string): void {
    // A NUL ends a string of the protocol: the rest of the text would be read as something else.
    if (text.includes('\0')) throw new TypeError('SQL text holds a NUL')
    const size = Buffer.byteLength(text)
    this.#reserve(size + 1)
    this.#bytes.write(text, this.#end)
    this.#end += size
    this.#bytes[this.#end++] = 0
  }

  #byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#end++] = value
  }

  #int16(value: number): void {
    this.#reserve(2)
    this.#end = this.#bytes.writeUInt16BE(value, this.#end)
  }

  #int32(value: number): void {
    this.#reserve(4)
    this.#end = this.#bytes.writeInt32BE(value, this.#end)
  }

  #reserve(size: number): void {
    if (this.#end + size <= this.#bytes.length) return
    const bigger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#end + size))
    bigger.set(this.#bytes.subarray(0, this.#end))
    this.#bytes = bigger
  }
}
