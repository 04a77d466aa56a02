import { afterAll, beforeAll, expect, it } from 'vitest'
import type { FileView } from '#contract'
import { startTandem } from '../support/tandem.ts'
import type { Browser, RunningTandem } from '../support/tandem.ts'

let tandem: RunningTandem
let ada: Browser
let grace: Browser
let at: string
beforeAll(async () => {
  tandem = await startTandem()
  ;[ada, grace] = [await tandem.signIn('ada'), await tandem.signIn('grace')]
  const made = await ada.json('POST', '/api/changes', {
    intents: [{ do: 'create', object: 'company', values: { name: 'Initech' } }],
  })
  const [change] = (made.body as { changes: { recordId: string }[] }).changes
  at = `/api/objects/company/records/${change?.recordId}/files`
})
afterAll(() => tandem?.close())

const upload = (browser: Browser, body: string, type = 'text/html', name = 'x.html') =>
  browser.fetch(`${at}?name=${name}`, {
    method: 'POST',
    headers: { 'content-type': type },
    body,
    duplex: 'half',
  })

it('C7 a file is saved, never shown, whatever it says it is', async () => {
  for (const type of ['text/html', 'image/svg+xml', 'text/javascript', 'multipart/x-mixed-replace']) {
    const { id } = (await (await upload(grace, '<script>alert(1)</script>', type)).json()) as FileView
    const { headers } = await ada.fetch(`/api/files/${id}`)
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': expect.stringMatching(/^attachment;/),
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
    })
  }
})

it('S4 who sends files slowly keeps nobody else’s out', async () => {
  const control = new AbortController()
  const slow = () => new ReadableStream({ start: (stream) => stream.enqueue(new Uint8Array(10)) })
  const sent = Array.from({ length: 8 }, () =>
    grace.fetch(`${at}?name=slow`, { method: 'POST', body: slow(), duplex: 'half', signal: control.signal }),
  )
  const told: number[] = []
  for (const one of sent)
    one.then(
      ({ status }) => told.push(status),
      () => undefined,
    )
  // Three are being received, as long as she likes.
  await expect.poll(() => told).toEqual([429, 429, 429, 429, 429])
  expect((await upload(ada, 'quick')).status).toBe(200)
  control.abort()
  await Promise.allSettled(sent)
  await expect.poll(async () => (await upload(grace, 'quick')).status).toBe(200)
})
