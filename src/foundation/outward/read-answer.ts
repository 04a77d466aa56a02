import type { Socket } from 'node:net'

export type OutwardOptions = {
  accept: string
  /** Bytes of the body; one more and there is no answer. */
  maxBytes: number
  /** Milliseconds for everything, from the name server to the last byte. */
  timeoutMs: number
  /** Validator of the copy at hand (RFC 9110 §13.1.2). */
  etag?: string
}

export type OutwardAnswer =
  | { status: 200; contentType: string; body: string; etag: string | null; cacheControl: string | null }
  | { status: 304; cacheControl: string | null }
  | { status: 'unavailable'; why: string }

/** One GET over a socket that is checked, open, and closed afterwards whatever happens. Throws what was wrong. */
export async function readAnswer(
  url: URL,
  options: OutwardOptions & { headers: Record<string, string> },
  socket: Socket,
  signal: AbortSignal,
): Promise<OutwardAnswer> {
  // Loaded when first needed: most starts never fetch.
  const { Client } = await import('undici')
  let taken = false
  const client = new Client(url.origin, {
    pipelining: 0,
    maxHeaderSize: 16 * 1024,
    // The socket was opened and checked before; there is no other, so nothing is reused unchecked (attacks S12).
    connect: (_options, callback) => {
      if (taken) return callback(new Error('the connection was closed'), null)
      taken = true
      // undici expects no answer before this call has returned.
      queueMicrotask(() => callback(null, socket))
    },
  })
  try {
    const { statusCode, headers, body } = await client.request({
      method: 'GET',
      path: url.pathname + url.search,
      signal,
      headers: {
        ...options.headers,
        accept: options.accept,
        // Nothing to decompress, so nothing that grows (attacks S4: gzip bomb).
        'accept-encoding': 'identity',
        ...(options.etag === undefined ? {} : { 'if-none-match': options.etag }),
      },
    })
    const text = (name: string) => {
      const value = headers[name]
      return Array.isArray(value) ? value.join(', ') : (value ?? null)
    }
    // 304 answers a validator; without one it is somebody's mistake or a poisoned cache (attacks S7).
    if (statusCode === 304 && options.etag !== undefined)
      return { status: 304, cacheControl: text('cache-control') }
    if (statusCode !== 200) throw new Error(`status ${statusCode}`)
    const encoding = text('content-encoding')
    if (encoding !== null && encoding !== 'identity') throw new Error(`content encoding ${encoding}`)
    return {
      status: 200,
      contentType: text('content-type') ?? '',
      body: await readText(body, options.maxBytes),
      etag: text('etag'),
      cacheControl: text('cache-control'),
    }
  } finally {
    await client.destroy()
    socket.destroy()
  }
}

async function readText(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.byteLength
    if (size > maxBytes) throw new Error(`more than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  // A byte order mark stays, for the caller's parser to judge.
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks))
}
