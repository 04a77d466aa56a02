import { Agent, request } from 'node:http'
import { expect, it } from 'vitest'
import { startTandem } from '../support/tandem.ts'

it('a stop finishes the request that runs, ends live streams and refuses new ones', async () => {
  const tandem = await startTandem()
  const ada = await tandem.signIn('ada')
  const stream = await ada.fetch('/api/events')
  const agent = new Agent({ keepAlive: true })

  let stopped: Promise<void> | undefined
  // A sign-in whose body is still on its way when the stop begins.
  const body = JSON.stringify({ email: 'grace@acme.example', password: 'staple lantern gravel' })
  const running = new Promise<number>((resolve, reject) => {
    const sent = request(
      {
        agent,
        host: '127.0.0.1',
        port: tandem.port,
        path: '/api/session',
        method: 'POST',
        headers: {
          Host: new URL(tandem.url).host,
          Origin: tandem.url,
          'Content-Type': 'application/json',
          'Content-Length': Buffer.byteLength(body),
          Expect: '100-continue',
        },
      },
      (response) => {
        response.resume()
        response.on('end', () => resolve(response.statusCode ?? 0))
      },
    )
    sent.on('error', reject)
    // The server says this when it has the headers: the request runs, and its body is still to come.
    sent.on('continue', () => {
      stopped = tandem.close()
      sent.end(body)
    })
    sent.flushHeaders()
  })
  expect(await running).toBe(200)
  await stopped
  expect(await stream.text()).not.toContain('event:')
  await expect(fetch(`${tandem.url}/health`)).rejects.toThrow()
  agent.destroy()
})
