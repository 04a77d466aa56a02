import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cases } from './cases.ts'
import { createClient } from './client.ts'
import { startOurs, startTheirs } from './peers.ts'
import type { Peer } from './peers.ts'

let ours: Peer
let theirs: Peer
beforeAll(async () => {
  ours = await startOurs()
  theirs = await startTheirs()
})
afterAll(async () => {
  await ours?.close()
  await theirs?.close()
})

/** The rows of docs/specs.md: what was done, our answer, theirs. */
function listed(): Map<string, [string, string]> {
  const page = readFileSync(new URL('../../docs/specs.md', import.meta.url), 'utf8')
  const section = page.split(/^## /m).find((one) => one.startsWith('Beside oidc-provider')) ?? ''
  const rows = section
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(2)
  return new Map(
    rows.map((row) => {
      const [, name = '', mine = '', other = ''] = row.split('|').map((cell) => cell.trim())
      return [name, [mine, other]]
    }),
  )
}

describe('the same client at ours and at oidc-provider', () => {
  it('each difference is written down, with who is right', async () => {
    const [at, there] = [createClient(ours), createClient(theirs)]
    const different: Record<string, [string, string]> = {}
    for (const [name, run] of cases) {
      const answers: [string, string] = [await told(() => run(at)), await told(() => run(there))]
      expect(answers.join(), `${name}: a case that goes nowhere compares nothing`).not.toContain('stopped')
      if (answers[0] !== answers[1]) different[name] = answers
    }
    expect(different).toEqual(Object.fromEntries(listed()))
  })
})

/** A case that can't go on says where it stopped: that is an answer too. */
const told = (run: () => Promise<string>) =>
  run().catch((error: unknown) => `stopped: ${String(error).slice(0, 60)}`)
