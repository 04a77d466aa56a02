import { z } from 'zod'
import { upstreamName } from './upstreams.ts'

/** A key goes into a header: visible ASCII, on one line, without a space (attacks G8). What was pasted around it is cut off. */
const apiKey = z
  .string({ error: 'is missing' })
  .transform((text) =>
    text
      .trim()
      .replace(/^(["'`])(.*)\1$/s, '$2')
      .replace(/^bearer\s+/i, ''),
  )
  .pipe(
    z
      .string()
      .min(1, 'is missing')
      .max(8000, 'is too long for a key')
      .regex(/^[\x21-\x7e]*$/, 'has spaces, line breaks or letters that no key has. Paste the key alone'),
  )

/** A person's own key for an upstream, as twenty-mcp takes it. Refusals never name what was sent: it could be the key. */
export const newKeyInput = z.strictObject(
  {
    apiKey,
    /** One of the upstream's addresses; absent: its own. */
    baseUrl: z.string().max(2000, 'is too long').optional(),
    /** Absent: the one that takes keys. */
    upstream: upstreamName.optional(),
  },
  { error: 'Send apiKey, and baseUrl and upstream where they are needed; nothing else' },
)
export type NewKeyInput = z.output<typeof newKeyInput>

/** What is told of a person's key. Never the key. */
export type KeyView = {
  upstream: string
  hasKey: boolean
  /** ISO time. */
  updatedAt: string | null
  baseUrl: string | null
  /** Why it doesn't work any more. */
  broken: string | null
}

/** One upstream that wants each person's own key. */
export type UpstreamKeyView = KeyView & {
  title: string
  /** What a key may be for, its own address first; none for a program. */
  addresses: string[]
  /** Off: an administrator switched it off; the key waits. */
  enabled: boolean
}
