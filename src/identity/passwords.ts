import { hash, verify } from '@node-rs/argon2'

// OWASP Password Storage Cheat Sheet: argon2id (this library's default algorithm), 19 MiB, two passes, one lane.
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

let stranger: Promise<string> | undefined

/** Argon2id of the password in Unicode's NFKC (NIST SP 800-63B §5.1.1.2), off the main thread. */
export function hashPassword(password: string): Promise<string> {
  return hash(password.normalize('NFKC'), cost)
}

/** Does the same work whether or not there is a hash to compare with, so that time doesn't tell who has an account. */
export async function checkPassword(password: string, stored: string | null | undefined): Promise<boolean> {
  stranger ??= hashPassword('nobody has this password')
  const right = await verify(stored ?? (await stranger), password.normalize('NFKC'))
  return stored !== undefined && stored !== null && right
}
