import { DatabaseError } from 'pg'
import { valueParser } from '../values.ts'

export type Column = { name: string; parse: (text: string) => unknown }
export type Row = Record<string, unknown>
export type Answer = {
  rows: Row[]
  /** The columns the answer described, if it did. */
  columns: Column[] | undefined
  /** INSERT, SELECT, COMMIT… */
  command: string
  /** Rows inserted, changed, deleted or selected. */
  count: number
  error: DatabaseError | undefined
  /** The statement was parsed: under its name, if it has one, it can be used again. */
  parsed: boolean
}

/** Reads one statement's answer (backend side of PostgreSQL's protocol). Of several statements, the last one's rows. */
export function readAnswer(bytes: Buffer, from: number, to: number, known?: Column[]): Answer {
  const answer: Answer = {
    rows: [],
    columns: undefined,
    command: '',
    count: 0,
    error: undefined,
    parsed: false,
  }
  let columns = known ?? []
  for (let at = from; at < to;) {
    const type = bytes[at]
    const next = at + 1 + bytes.readInt32BE(at + 1)
    const body = at + 5
    if (type === 0x44 /* DataRow */) answer.rows.push(readRow(bytes, body, columns))
    else if (type === 0x54 /* RowDescription */) {
      answer.columns = columns = readColumns(bytes, body)
      answer.rows = []
    } else if (type === 0x43 /* CommandComplete */) {
      const tag = bytes.toString('utf8', body, next - 1)
      answer.command = tag.slice(0, tag.indexOf(' ') >>> 0)
      answer.count = Number(/\d+$/.exec(tag)?.[0] ?? 0)
    } else if (type === 0x45 /* ErrorResponse */) answer.error ??= readError(bytes, body, next)
    else if (type === 0x6e /* NoData */) answer.columns = columns = []
    else if (type === 0x31 /* ParseComplete */) answer.parsed = true
    at = next
  }
  return answer
}

function readRow(bytes: Buffer, from: number, columns: Column[]): Row {
  const row: Row = {}
  let at = from + 2
  for (const { name, parse } of columns) {
    const size = bytes.readInt32BE(at)
    at += 4
    if (size < 0) row[name] = null
    else {
      row[name] = parse(bytes.toString('utf8', at, at + size))
      at += size
    }
  }
  return row
}

function readColumns(bytes: Buffer, from: number): Column[] {
  let at = from + 2
  return Array.from({ length: bytes.readUInt16BE(from) }, () => {
    const end = bytes.indexOf(0, at)
    const name = bytes.toString('utf8', at, end)
    const parse = valueParser(bytes.readUInt32BE(end + 7))
    at = end + 19
    return { name, parse }
  })
}

const fields = {
  S: 'severity',
  C: 'code',
  D: 'detail',
  H: 'hint',
  P: 'position',
  W: 'where',
  s: 'schema',
  t: 'table',
  c: 'column',
  d: 'dataType',
  n: 'constraint',
  R: 'routine',
} as const

function readError(bytes: Buffer, from: number, to: number): DatabaseError {
  const found = new Map<string, string>()
  for (let at = from; at < to && bytes[at] !== 0;) {
    const end = bytes.indexOf(0, at)
    found.set(String.fromCharCode(bytes[at] ?? 0), bytes.toString('utf8', at + 1, end))
    at = end + 1
  }
  const error = new DatabaseError(found.get('M') ?? 'unknown database error', to - from, 'error')
  for (const [key, name] of Object.entries(fields)) error[name] = found.get(key)
  return error
}

/** An error as the database would have given it. */
export function databaseError(code: string, message: string): DatabaseError {
  const error = new DatabaseError(message, message.length, 'error')
  error.severity = 'ERROR'
  error.code = code
  return error
}
