import { globSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

/** The families of the attack catalogue, and how many each has. */
const families = { R: 8, P: 9, T: 10, D: 11, S: 12, C: 10, G: 12, A: 4, V: 7, X: 4, O: 10 }
const catalogue = Object.entries(families).flatMap(([letter, most]) =>
  Array.from({ length: most }, (_, at) => `${letter}${at + 1}`),
)

const model = readFileSync('docs/threat-model.md', 'utf8')
const [section = ''] = /## Where each identifier is\n[^]*?\n## /.exec(model) ?? []
const rows = [...section.matchAll(/^\| ([A-Z]\d[^|]*)\|(.*)\|$/gm)].map(([, ids = '', where = '']) => ({
  ids: expand(ids),
  tests: [...where.matchAll(/`([\w./-]+\.test\.ts)`/g)].map(([, path]) => path ?? ''),
}))
const here = expand(/`test\/attacks`: ([^.]*)\./.exec(section)?.[1] ?? '')

/** `R1–R3, P1` as `R1 R2 R3 P1`. */
function expand(text: string): string[] {
  return text.split(',').flatMap((part) => {
    const [from = '', to = from] = part.trim().split('–')
    const [first, last] = [from, to].map((id) => Number(id.slice(1)))
    return catalogue.filter((id) => id[0] === from[0] && inside(Number(id.slice(1)), first, last))
  })
}
function inside(at: number, first = 0, last = 0): boolean {
  return at >= first && at <= last
}

/** Identifiers in what a file quotes: the names of its tests. Comments don't count. */
function named(files: string[]): Set<string> {
  const texts = files.map((file) => readFileSync(file, 'utf8').replaceAll(/^\s*(\/\/|\*).*$/gm, ''))
  const quoted = texts.flatMap((text) => text.match(/(['`])(?:(?!\1)[^\n])*\1/g) ?? [])
  return new Set(quoted.flatMap((name) => name.match(/\b[A-Z]\d{1,2}\b/g) ?? []))
}

describe('the threat model', () => {
  it('says of each attack of the catalogue where it is tested, or why it isn’t', () => {
    expect([...here, ...rows.flatMap(({ ids }) => ids)].toSorted()).toEqual(catalogue.toSorted())
  })

  it('names no attack as tested that no test names', () => {
    const attacks = named(globSync('test/attacks/*.test.ts'))
    expect(here.filter((id) => !attacks.has(id))).toEqual([])
    for (const { ids, tests } of rows.filter((row) => row.tests.length > 0)) {
      const found = named(tests.flatMap((path) => globSync([`test/${path}`, `src/${path}`])))
      expect(ids.filter((id) => !found.has(id))).toEqual([])
    }
  })
})
