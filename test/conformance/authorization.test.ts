import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { consentingPerson } from '../journeys/consenting-person.ts'
import type { ConsentingPerson } from '../journeys/consenting-person.ts'
import { freePort, startTandem } from '../support/tandem.ts'
import type { RunningTandem } from '../support/tandem.ts'
import { runSuite } from './run-suite.ts'

let tandem: RunningTandem
let person: ConsentingPerson
beforeAll(async () => {
  tandem = await startTandem()
  person = await consentingPerson(tandem)
})
afterAll(async () => {
  await person?.close()
  await tandem?.close()
})

describe('the official conformance suite, on the authorization server', () => {
  it.each([
    ['without a resource', false],
    ['with the resource named', true],
  ])('passes all three checks %s, and skips none', { timeout: 120_000 }, async (_name, named) => {
    const port = String(await freePort())
    const { clientId } = await tandem.parts.oauth.clients.create({
      name: 'Conformance',
      redirectUris: [`http://127.0.0.1:${port}/callback`],
      confidential: false,
    })
    let consenting: Promise<string> | undefined
    const run = await runSuite(
      [
        'authorization',
        '--url',
        tandem.url,
        '--client-id',
        clientId,
        '-p',
        port,
        ...(named ? ['--resource', `${tandem.url}/mcp`] : []),
      ],
      (output) => {
        const asked = /(http\S+\/oauth\/authorize\?\S+)/.exec(output)?.[1]
        if (asked) consenting ??= person.allowAndFollow(asked)
      },
    )
    await consenting
    expect(run.exitCode, run.output).toBe(0)
    // Skipping exits with 0 too, so the passes are counted.
    expect(run.scenarios).toEqual({
      'authorization-server-metadata-endpoint': { passed: 2, failed: 0 },
      'authorization-code-grant': { passed: 1, failed: 0 },
    })
  })
})
