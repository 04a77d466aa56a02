/**
 * Reads a request's body as text, at most `maxBytes` of it. Resolves to null when there is more:
 * a declared length is believed at once, an undeclared one is counted while it arrives.
 */
export async function readBody(request: Request, maxBytes: number): Promise<string | null> {
  const declared = request.headers.get('content-length')
  // HTTP/1.1 framing ends the body at its declared length (RFC 9112 §6.2), so it needs no counting.
  if (declared !== null && /^\d{1,15}$/.test(declared)) {
    return Number(declared) > maxBytes ? null : request.text()
  }
  if (request.body === null) return ''
  const decoder = new TextDecoder()
  let text = ''
  let received = 0
  for await (const chunk of request.body) {
    received += chunk.byteLength
    // Leaving the loop cancels the stream.
    if (received > maxBytes) return null
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}
