import type { JWK } from 'jose'

/** True when one of these keys signed it with this algorithm. The caller has bounded both. */
export async function isSignedBy(text: string, keys: readonly JWK[], alg: string): Promise<boolean> {
  // Loaded with the first assertion: most clients never send one, and it takes 6 MB.
  const { compactVerify, importJWK } = await import('jose')
  for (const key of keys) {
    try {
      await compactVerify(text, await importJWK(key, alg), { algorithms: [alg] })
      return true
    } catch {
      // Not this one: another key of who names none, or none at all.
    }
  }
  return false
}

/** A part of a compact JWT as the JSON it holds, not believed yet; undefined when it holds none. */
export function decodePart(part: string | undefined): unknown {
  try {
    return JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}
