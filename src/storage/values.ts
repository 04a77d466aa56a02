import { types } from 'pg'

// One table for both drivers: a value read from the embedded database equals the one read from a server.
type Parse = (text: string) => unknown

const asText: Parse = (text) => text
const integer: Parse = (text) => {
  const value = Number(text)
  // Past 2^53 a number would be another number: keep the digits.
  return Number.isSafeInteger(value) ? value : text
}
const instant: Parse = types.getTypeParser(1184, 'text')
const bytes: Parse = types.getTypeParser(17, 'text')
// pg's typings don't list the array types it parses.
const textArray: Parse = types.getTypeParser(1009 as number, 'text')

const scalars: Record<number, Parse> = {
  16: (text) => text === 't',
  17: bytes,
  20: integer,
  21: Number,
  23: Number,
  26: Number,
  114: (text) => JSON.parse(text),
  700: Number,
  701: Number,
  1184: instant,
  3802: (text) => JSON.parse(text),
}

// Array type → element type. Whatever isn't listed here or above arrives as PostgreSQL's text:
// numeric (1700) because a double would round it, date (1082) because a calendar day has no time zone.
const arrays: Record<number, number> = {
  199: 114,
  1000: 16,
  1001: 17,
  1005: 21,
  1007: 23,
  1009: 25,
  1015: 1043,
  1016: 20,
  1021: 700,
  1022: 701,
  1028: 26,
  1182: 1082,
  1185: 1184,
  1231: 1700,
  2951: 2950,
  3807: 3802,
}

const parsers = new Map<number, Parse>(Object.entries(scalars).map(([oid, parse]) => [Number(oid), parse]))
for (const [oid, element] of Object.entries(arrays)) {
  const parse = parsers.get(element) ?? asText
  parsers.set(Number(oid), (text) => mapDeep(textArray(text), parse))
}

function mapDeep(value: unknown, parse: Parse): unknown {
  if (Array.isArray(value)) return value.map((item) => mapDeep(item, parse))
  return typeof value === 'string' ? parse(value) : value
}

/** How the text of a column of this type (an OID of pg_type) becomes a JavaScript value. */
export function valueParser(oid: number): (text: string) => unknown {
  return parsers.get(oid) ?? asText
}
