/** Numbers that a seed repeats (mulberry32). */
export function createChance(seed: number) {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (n: number) => Math.floor(next() * n)
  return {
    below,
    /** True once in `n`. */
    oneIn: (n: number) => below(n) === 0,
    of<T>(list: readonly T[]): T {
      const found = list[below(list.length)]
      if (found === undefined) throw new Error('an empty list')
      return found
    },
  }
}
export type Chance = ReturnType<typeof createChance>

const id = (prefix: string) => `${prefix}_01arz3ndektsv4rrffq69g5fav`

/** What has gone wrong somewhere: encodings, prototypes, numbers that aren't, other people's syntax, far too much. */
export const odd: readonly string[] = [
  '',
  ' ',
  '0',
  '-1',
  '1e309',
  'NaN',
  'null',
  'undefined',
  'true',
  '[]',
  '{}',
  '"',
  "'",
  '\\',
  '%',
  '%00',
  '%zz',
  '\u0000',
  'a\u0000b',
  'line\r\nbreak',
  'tab\tstop',
  '\u202Eevil',
  '\ud800',
  '💥',
  'é'.repeat(300),
  'x'.repeat(3000),
  '..',
  '../../etc/passwd',
  '__proto__',
  'constructor',
  'toString',
  '*',
  "' or 1=1 --",
  '$(id)',
  '<script>alert(1)</script>',
  'javascript:alert(1)',
  'data:,x',
  'http://127.0.0.1:80@evil.example/',
  'https://example.com/#x',
  '//evil.example',
  'cursor://x/y',
  'urn:ietf:params:oauth:token-type:jwt',
  '2026-02-30',
  '9999-12-31T23:59:59Z',
  '-271821-04-20',
  '18446744073709551616',
  '1,2',
  'a b c',
  'a&b=c',
  '+',
  '::1',
  '١٢',
  'eyJhbGciOiJub25lIn0.e30.',
  'a.b.c',
  'Bearer x',
  id('cli'),
  id('grt'),
  id('rec'),
  id('chs'),
  id('itx'),
  id('mem'),
  id('ses'),
  id('aud'),
]
/** What is understood somewhere, so that the next check is reached. */
const usual: readonly string[] = [
  'code',
  'S256',
  'none',
  'login',
  'query',
  'form_post',
  'authorization_code',
  'refresh_token',
  'client_credentials',
  'openid',
  'crm:read',
  'crm:read crm:write',
  'urn:ietf:params:oauth:grant-type:device_code',
  'urn:ietf:params:oauth:grant-type:token-exchange',
  'urn:ietf:params:oauth:grant-type:jwt-bearer',
  'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  'access_token',
  'urn:ietf:params:oauth:token-type:access_token',
  'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  'company',
  'person',
  'name',
  'eq',
  'asc',
  'create',
  'allow',
  'deny',
  'administrator',
  'member',
  'ada@acme.example',
  'active',
  'dynamic',
  'csv',
  '10',
  '2026-11-21T09:00:00Z',
]

/** A text: mostly one of `known` (real ids and tokens), something usual, or something odd. */
export function textFrom(chance: Chance, known: readonly string[]): string {
  const kind = chance.below(10)
  if (kind < 3) return chance.of(usual)
  if (kind < 6 && known.length > 0) return chance.of(known)
  if (kind === 9) return chance.of(known.length > 0 ? known : odd) + chance.of(odd)
  return chance.of(odd)
}

/** Any JSON; objects have members of these names. */
export function jsonFrom(
  chance: Chance,
  known: readonly string[],
  names: readonly string[],
  depth = 0,
): unknown {
  switch (chance.below(depth > 3 ? 5 : 9)) {
    case 0:
      return null
    case 1:
      return chance.of([0, -1, 1, 1.5, 2 ** 53, -0, 1e300, 1e-300])
    case 2:
      return chance.oneIn(2)
    case 5:
    case 6:
      return Array.from({ length: chance.below(4) }, () => jsonFrom(chance, known, names, depth + 1))
    case 7:
    case 8:
      return objectFrom(chance, known, names, depth)
    default:
      return textFrom(chance, known)
  }
}

export function objectFrom(
  chance: Chance,
  known: readonly string[],
  names: readonly string[],
  depth = 0,
): Record<string, unknown> {
  const made: Record<string, unknown> = {}
  const wanted = names.length > 0 ? names : ['a']
  for (let count = chance.below(wanted.length + 3); count > 0; count--) {
    const name = chance.oneIn(12) ? textFrom(chance, known) : chance.of(wanted)
    Object.defineProperty(made, name, {
      value: jsonFrom(chance, known, names, depth + 1),
      enumerable: true,
      configurable: true,
      writable: true,
    })
  }
  return made
}
