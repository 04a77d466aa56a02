import { describe, expect, it } from 'vitest'
import { readBody } from './read-body.ts'

const url = 'https://crm.acme.example/mcp'
const chunked = (chunks: string[], onCancel = () => {}) =>
  new Request(url, {
    method: 'POST',
    duplex: 'half',
    body: new ReadableStream({
      pull(controller) {
        const chunk = chunks.shift()
        if (chunk === undefined) controller.close()
        else controller.enqueue(new TextEncoder().encode(chunk))
      },
      cancel: onCancel,
    }),
  } as RequestInit)

describe('reading a body', () => {
  it('believes a declared length that is too large, and reads nothing', async () => {
    const request = new Request(url, { method: 'POST', body: 'x', headers: { 'content-length': '99' } })
    expect(await readBody(request, 10)).toBeNull()
    expect(request.bodyUsed).toBe(false)
  })

  it('reads a body of declared length', async () => {
    const request = new Request(url, { method: 'POST', body: 'hello', headers: { 'content-length': '5' } })
    expect(await readBody(request, 10)).toBe('hello')
  })

  it('counts an undeclared one while it arrives, and stops', async () => {
    let cancelled = false
    const chunks = ['12345', '67890', 'x', 'read ahead', 'never read']
    expect(
      await readBody(
        chunked(chunks, () => (cancelled = true)),
        10,
      ),
    ).toBeNull()
    expect(cancelled).toBe(true)
    expect(chunks).toContain('never read')
  })

  it('puts characters together that were cut between chunks', async () => {
    expect(await readBody(chunked(['a', 'b']), 10)).toBe('ab')
    expect(await readBody(new Request(url, { method: 'POST', body: 'zoë' }), 10)).toBe('zoë')
  })

  it('is empty when there is none', async () => {
    expect(await readBody(new Request(url, { method: 'POST' }), 10)).toBe('')
  })
})
