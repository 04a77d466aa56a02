import { z } from 'zod'

/** A key that tokens are signed with, as administrators see it. */
export type SigningKeyView = {
  kid: string
  /** `next` is published already, and signs when it is its turn; `retired` signs no more and still verifies. */
  state: 'current' | 'next' | 'retired'
  createdAt: string
  signsSince: string | null
  /** When the current key will make way by itself, or when a retired one did. */
  retiresAt: string | null
  /** When a retired key verifies no more. */
  publishedUntil: string | null
}

export const rotateKeysInput = z.strictObject({
  /** Somebody else may have the keys: every token signed so far stops counting. */
  compromised: z.boolean().default(false),
})
