import { describe, expect, it } from 'vitest'
import { connectAgent } from '../support/connect-agent.ts'
import { startTandem } from '../support/tandem.ts'
import type { RunningTandem } from '../support/tandem.ts'
import { findTargets, makeRequest } from './fuzz-targets.ts'
import type { Credentials } from './fuzz-targets.ts'
import { createChance } from './fuzz-values.ts'

const rounds = 5
const requests = 2000
const atOnce = 16
/** Another one each time; PROPERTY_SEED=… repeats a run that failed. */
const seed = Number(process.env['PROPERTY_SEED'] ?? Date.now() % 2 ** 31)

const ours =
  /^(application\/([\w.-]+\+)?json|text\/html|text\/event-stream|text\/csv|text\/plain|application\/jwt)\b/

/** Real ids and tokens, so that what is sent gets past the first check now and then. */
async function prepare(tandem: RunningTandem): Promise<{ known: string[]; credentials: Credentials }> {
  const ada = await tandem.signIn('ada')
  const agent = await connectAgent({ browser: ada })
  const other = await connectAgent({ browser: ada, name: 'Ledger', resource: `${tandem.url}/api` })
  const made = await tandem.parts.oauth.clients.create({
    name: 'Fuzzed',
    redirectUris: ['https://f.example/cb'],
    confidential: true,
  })
  const { body } = await ada.json('GET', '/api/grants')
  const { grants } = body as { grants: { id: string }[] }
  const pair = Buffer.from(`${made.clientId}:${made.clientSecret}`).toString('base64')
  return {
    known: [
      agent.clientId,
      agent.accessToken,
      agent.refreshToken,
      other.accessToken,
      other.refreshToken,
      made.clientId,
      made.clientSecret ?? '',
      'http://127.0.0.1:7777/callback',
      `${tandem.url}/mcp`,
      `${tandem.url}/api`,
      ...grants.map(({ id }) => id),
    ],
    credentials: [
      {},
      ...Array.from({ length: 5 }, () => ({ Cookie: ada.cookies(), Origin: tandem.url })),
      { Authorization: `Bearer ${agent.accessToken}` },
      { Authorization: `Bearer ${other.accessToken}` },
      { Authorization: `Basic ${pair}` },
      { Authorization: 'DPoP x', DPoP: 'a.b.c' },
      { Cookie: ada.cookies(), Origin: 'https://mallory.example' },
    ],
  }
}

describe('whatever is sent to whichever address', () => {
  it(
    `${rounds * requests} requests that make little sense bring nothing down`,
    { timeout: 240_000 },
    async () => {
      console.log(`PROPERTY_SEED=${seed}`)
      const statuses = new Map<number, number>()
      const wrong: string[] = []
      for (let round = 0; round < rounds; round++) {
        const tandem = await startTandem()
        try {
          const chance = createChance(seed + round)
          const { known, credentials } = await prepare(tandem)
          const targets = await findTargets(tandem.url)
          expect(targets.length).toBeGreaterThan(40)
          let left = requests
          const send = async () => {
            while (left-- > 0) {
              const { url, init } = makeRequest(chance, targets, known, credentials)
              const aborted = new AbortController()
              const late = setTimeout(() => aborted.abort(new Error('no answer in 15 s')), 15_000)
              const what = `${init.method} ${url.slice(0, 300)} ${String(init.body ?? '').slice(0, 500)}`
              try {
                const response = await fetch(tandem.url + url, {
                  ...init,
                  redirect: 'manual',
                  signal: aborted.signal,
                })
                statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1)
                const type = response.headers.get('content-type') ?? ''
                const streams = type.startsWith('text/event-stream')
                const text = streams ? '' : await response.text()
                if (streams) aborted.abort()
                // A metadata document that can't be had is nobody's fault (A71). To HEAD only GET says so.
                const why =
                  response.status === 503 && init.method === 'HEAD'
                    ? await (
                        await fetch(tandem.url + url, { ...init, method: 'GET', redirect: 'manual' })
                      ).text()
                    : text
                const excused = response.status === 503 && why.includes('temporarily_unavailable')
                if (response.status >= 500 && !excused)
                  wrong.push(`${response.status} for ${what}: ${text.slice(0, 300)}`)
                if (text !== '' && !ours.test(type)) wrong.push(`${type} for ${what}`)
                if (type.includes('json') && init.method !== 'HEAD') JSON.parse(text)
              } catch (error) {
                wrong.push(`${String(error)} for ${what}`)
              } finally {
                clearTimeout(late)
              }
            }
          }
          await Promise.all(Array.from({ length: atOnce }, send))
          expect(wrong.slice(0, 10)).toEqual([])
          expect((await fetch(`${tandem.url}/health`)).status).toBe(200)
        } finally {
          await tandem.close()
        }
      }
      const counted = [...statuses].toSorted(([a], [b]) => a - b)
      console.log(counted.map(([status, count]) => `${status}: ${count}`).join(', '))
      // Not everything was turned away at the door.
      expect(statuses.get(200) ?? 0).toBeGreaterThan(rounds * 50)
      expect(statuses.get(404) ?? 0).toBeLessThan((rounds * requests) / 2)
    },
  )
})
