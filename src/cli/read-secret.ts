import { SetupError } from '#foundation'

const maxBytes = 16 * 1024

/** One secret from standard input, without the line break that ends it. */
export async function readSecret(): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of process.stdin) {
    const bytes = Buffer.from(chunk as Uint8Array | string)
    size += bytes.length
    if (size > maxBytes) throw new SetupError('That is too long for a credential')
    chunks.push(bytes)
  }
  const secret = Buffer.concat(chunks).toString('utf8').trim()
  if (secret === '') throw new SetupError('Standard input was empty: pipe the credential in')
  return secret
}
