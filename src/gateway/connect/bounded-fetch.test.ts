import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createOutwardClient, upstreamRule } from '#foundation'
import { createBoundedFetch } from './bounded-fetch.ts'

describe('S4 the way to authorization servers ends by itself', () => {
  const outward = createOutwardClient({ rule: upstreamRule([], true) })
  let says = ''
  const slow = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.write(says))
  })
  let url = ''
  beforeAll(async () => {
    await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', () => resolve()))
    url = `http://127.0.0.1:${(slow.address() as AddressInfo).port}/token`
  })
  afterAll(async () => {
    await outward.close()
    slow.close()
  })

  it.each([
    ['says nothing', ''],
    ['never ends its headers', 'HTTP/1.1 200 OK\r\nX-Slow: '],
    ['never ends its body', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{'],
    ['never ends its chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n'],
  ])('when a server %s', async (_what, text) => {
    says = text
    await expect(createBoundedFetch(outward, 100)(url)).rejects.toThrow(/timeout/i)
  })
})
