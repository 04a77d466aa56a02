/** A change of the disk, in the order in which the database made them. */
export type Change =
  | { kind: 'write'; path: string; at: number }
  | { kind: 'truncate'; path: string; size: number }
  | { kind: 'create' | 'mkdir' | 'remove' | 'sync'; path: string }
  | { kind: 'rename'; path: string; to: string }

export type Entry = {
  change: Change
  bytes: Uint8Array
  /** Where the entry ends in the journal. */ end: number
}

export function encode(change: Change, bytes: Uint8Array = new Uint8Array()): Buffer {
  const head = Buffer.from(JSON.stringify(change))
  const sizes = Buffer.alloc(8)
  sizes.writeUInt32BE(head.length)
  sizes.writeUInt32BE(bytes.length, 4)
  return Buffer.concat([sizes, head, bytes])
}

export function decode(journal: Buffer): Entry[] {
  const entries: Entry[] = []
  for (let at = 0; at < journal.length;) {
    const head = at + 8
    const body = head + journal.readUInt32BE(at)
    const end = body + journal.readUInt32BE(at + 4)
    const change: Change = JSON.parse(journal.toString('utf8', head, body))
    entries.push({ change, bytes: journal.subarray(body, end), end })
    at = end
  }
  return entries
}
