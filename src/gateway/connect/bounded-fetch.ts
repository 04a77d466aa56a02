import type { OutwardClient } from '#foundation'

/** Milliseconds for one request, its answer read. */
const usualPatience = 10_000
/** The largest metadata documents in the wild are a tenth of this. */
const mostBytes = 256 * 1024

export type BoundedFetch = (url: string, init?: RequestInit & { signal?: AbortSignal }) => Promise<Response>

/**
 * The way to authorization servers: whatever address the upstream names goes through the outward client's rule, no
 * redirect is followed (attacks S3, G11), and the answer is read here, within limits (attacks S4).
 */
export function createBoundedFetch(outward: OutwardClient, patience = usualPatience): BoundedFetch {
  return async (url, init = {}) => {
    const signals = [AbortSignal.timeout(patience), ...(init.signal ? [init.signal] : [])]
    const signal = AbortSignal.any(signals)
    const answer = await outward.fetch(url, { ...init, signal })
    const body = await readAtMost(answer, mostBytes)
    const { status, statusText } = answer
    const headers = new Headers(answer.headers)
    // It is decoded already.
    headers.delete('content-encoding')
    headers.delete('content-length')
    return new Response(bodiless.has(status) ? null : body, { status, statusText, headers })
  }
}

const bodiless = new Set([101, 204, 205, 304])

async function readAtMost(answer: Response, most: number): Promise<ArrayBuffer> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of answer.body ?? []) {
    size += part.byteLength
    if (size > most) throw new Error(`the answer is larger than ${most} bytes`)
    parts.push(part)
  }
  const whole = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.byteLength
  }
  return whole.buffer
}
