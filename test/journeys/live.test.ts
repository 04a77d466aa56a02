import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SessionView } from '#contract'
import { startTandem } from '../support/tandem.ts'
import type { Browser, RunningTandem } from '../support/tandem.ts'

let tandem: RunningTandem
let ada: Browser
beforeAll(async () => {
  tandem = await startTandem()
  ada = await tandem.signIn('ada')
})
afterAll(() => tandem.close())

/** What a page that listens hears, as text, until the stream ends. */
async function listen(browser: Browser) {
  const response = await browser.fetch('/api/events')
  expect(response.headers.get('content-type')).toBe('text/event-stream')
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  if (!reader) throw new Error('no stream')
  let heard = ''
  const until = async (pattern: RegExp): Promise<string> => {
    while (!pattern.test(heard)) {
      const { done, value } = await reader.read()
      if (done) break
      heard += value
    }
    return heard
  }
  await until(/retry/)
  return { until, cancel: () => reader.cancel() }
}

describe('live changes', () => {
  it('a page hears of another person’s change: ids, no values', async () => {
    const page = await listen(ada)
    const grace = await tandem.signIn('grace')
    const { body } = await grace.json('POST', '/api/changes', {
      intents: [{ do: 'create', object: 'company', values: { name: 'Secret plans' } }],
    })
    const { id, changes } = body as { id: string; changes: { recordId: string }[] }
    const heard = await page.until(/event: change\ndata: .*\n\n/)
    const data = /event: change\ndata: (.*)\n/.exec(heard)?.[1] ?? ''
    expect(JSON.parse(data)).toEqual({
      changeSet: id,
      records: [{ object: 'company', id: changes[0]?.recordId }],
    })
    expect(heard).not.toContain('Secret plans')
    await page.cancel()
  })

  it('a stream ends with its session', async () => {
    const grace = await tandem.signIn('grace')
    const page = await listen(grace)
    const { sessions } = (await grace.json('GET', '/api/sessions')).body as { sessions: SessionView[] }
    const id = sessions.find(({ current }) => current)?.id
    expect((await grace.json('DELETE', `/api/sessions/${id}`)).status).toBe(204)
    expect(await page.until(/never/)).not.toContain('event:')
  })

  it('nobody listens without a session', async () => {
    expect((await tandem.browser().fetch('/api/events')).status).toBe(401)
  })

  it('one member can’t take all the streams', async () => {
    const grace = await tandem.signIn('grace')
    const pages = await Promise.all(Array.from({ length: 20 }, () => listen(grace)))
    expect((await grace.fetch('/api/events')).status).toBe(413)
    const hers = await listen(ada)
    for (const page of [...pages, hers]) await page.cancel()
  })
})
