import { StringDecoder } from 'node:string_decoder'

/** What a line too long still tells: how it begins and how it ends. */
export type TooLong = { head: string; tail: string }
const edge = 256

/**
 * Splits a stream into lines of at most so many bytes. Of a longer one only its edges are kept, and the next line is
 * read as if nothing had been.
 */
export function lineReader(
  maxBytes: number,
  line: (text: string) => void,
  tooLong: (edges: TooLong) => void,
) {
  let kept: Buffer[] = []
  let bytes = 0
  let edges: { head: Buffer; tail: Buffer } | null = null

  const add = (part: Buffer) => {
    if (edges === null && bytes + part.length > maxBytes) {
      const all = Buffer.concat([...kept, part.subarray(0, edge)])
      edges = { head: Buffer.from(all.subarray(0, edge)), tail: Buffer.alloc(0) }
      kept = []
    }
    if (edges === null) kept.push(part)
    else edges.tail = Buffer.concat([edges.tail, part.subarray(-edge)]).subarray(-edge)
    bytes += part.length
  }
  const end = () => {
    if (edges) tooLong({ head: textOf(edges.head), tail: textOf(edges.tail) })
    else line(textOf(Buffer.concat(kept)).replace(/\r$/, ''))
    kept = []
    bytes = 0
    edges = null
  }
  return (chunk: Buffer): void => {
    let from = 0
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
      add(chunk.subarray(from, at))
      end()
      from = at + 1
    }
    if (from < chunk.length) add(chunk.subarray(from))
  }
}

function textOf(bytes: Buffer): string {
  return new StringDecoder('utf8').end(bytes)
}
