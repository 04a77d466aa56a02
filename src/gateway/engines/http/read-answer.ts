import { UpstreamTrouble } from '../../engine.ts'
import type { Answered } from './send.ts'

/** The whole of an answer that isn't streamed. @throws UpstreamTrouble */
export async function readAnswer({ headers, body }: Answered, limit: number): Promise<string> {
  const encoding = headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') {
    body.destroy()
    throw new UpstreamTrouble('unreachable', 'it compressed its answer, which nobody asked for')
  }
  const length = headers['content-length']
  if (Number(length) > limit) {
    body.destroy()
    throw tooLarge(limit)
  }
  try {
    // With a length, nothing longer comes (RFC 9112 §6.2).
    return length === undefined ? await readUpTo(body, limit) : await body.text()
  } catch (error) {
    if (error instanceof UpstreamTrouble) throw error
    throw new UpstreamTrouble('unreachable', 'its answer broke off', { cause: error })
  }
}

async function readUpTo(body: Answered['body'], limit: number): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > limit) {
      body.destroy()
      throw tooLarge(limit)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size).toString('utf8')
}

function tooLarge(limit: number): UpstreamTrouble {
  return new UpstreamTrouble('too_large', `an answer was larger than ${limit} bytes`)
}
