import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

// A4. Time can't be asserted in a test on a busy machine, so the code is asked instead: wherever a secret, or the hash
// or tag of one, is compared, `sameSecret` or `timingSafeEqual` does it.
const comparison = /([\w.?]+)\)?\s*[!=]==\s*('|"|[\w.?]+\b(?!\())/g
const secretName = /(?<!e)(hash|secret|csrf|tag|signature|password)$/i
const harmless = /^(null|undefined|true|false|\d+|['"].*)$/

function sources(folder: string): string[] {
  const root = fileURLToPath(new URL(`../../src/${folder}`, import.meta.url))
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => `${root}/${file}`)
}
/** Lines that compare a secret with something that isn't a constant. */
function found(text: string): string[] {
  return text.split('\n').filter((line) => {
    if (/^\s*(\/\/|\*|\/\*)/.test(line)) return false
    const pairs = [...line.matchAll(comparison)].map(([, left = '', right = '']) => [left, right])
    return pairs.some(
      (pair) => !pair.some((one) => harmless.test(one)) && pair.some((one) => secretName.test(one)),
    )
  })
}

describe('A4: comparing secrets', () => {
  it('the question finds what it should', () => {
    for (const bad of [
      'if (hash !== state.currentHash) throw refused()',
      'return stored.secret === given',
      'known.some((one) => one.secret_hash === secret_hash)',
      'if (hashSecret(secret) !== interaction.browserHash) {',
    ]) {
      expect(found(bad), bad).toHaveLength(1)
    }
    for (const good of [
      'if (hash === undefined) return',
      'secret === null ? a : b',
      'if (null !== secret) x()',
      "typeof secret === 'string'",
      'options.etag === known.etag',
      'if (sameSecret(hash, kept)) return',
      '// hash === other',
    ]) {
      expect(found(good), good).toHaveLength(0)
    }
  })

  it.each(['oauth', 'guard', 'foundation', 'api', 'identity', 'server', 'vault', 'gateway', 'cli'])(
    'A4 no === on a secret in src/%s',
    (folder) => {
      const hits = sources(folder).flatMap((file) =>
        found(readFileSync(file, 'utf8')).map((line) => `${file.split('/src/')[1]}: ${line.trim()}`),
      )
      expect(hits).toEqual([])
    },
  )
})
