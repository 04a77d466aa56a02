import { z } from 'zod'

/** What the consent page shows. Everything is decided and escaped-as-text on the server; no protocol parameter reaches the page. */
export type ConsentView = {
  id: string
  csrf: string
  client: {
    name: string
    /** The host of the client ID metadata document, when that is how the client is known. */
    verifiedDomain: string | null
    registration: 'manual' | 'metadata-document' | 'dynamic'
    /** ISO time Tandem first saw the client. */
    firstSeenAt: string
    firstSeenToday: boolean
  }
  /** Where the answer goes; null when a device waits for it. */
  redirect: { host: string; loopback: boolean; appScheme: boolean } | null
  /** The device that asks: the code it shows, the address it asked from and when (ISO time). */
  device: { code: string; ip: string; askedAt: string } | null
  person: { name: string; email: string }
  /** `already`: she gave it to this very app before and it still has it. */
  scopes: { scope: string; words: string; already: boolean }[]
  /**
   * Access that she gave this app and that it still has: since when (ISO time), and the objects it is limited to. Null
   * when she never did, or nobody can tell that it is the same app.
   */
  remembered: { since: string; objects: string[] | null } | null
  /** True when the app only wants to know who she is: nothing to limit. */
  signInOnly: boolean
  /** What the app asked for in detail (RFC 9396), in the words of its type; each part may be left out. */
  details: { title: string; parts: { id: string; words: string }[] }[]
  /** Objects the grant could be limited to. */
  objects: { name: string; labelPlural: string }[]
  resource: string
  /** Its tokens reach somebody else's server: no records of ours, and nothing that we could undo. */
  elsewhere: boolean
  /** Unusual things, one sentence each, shown in amber. */
  warnings: string[]
  /** Days after which the client policy lets any grant of this app end; null: whenever the person says. */
  mostDays: number | null
  /** True when the client policy wants an administrator first and the person is none. */
  needsAdministrator: boolean
}

/** What the page posts back: yes or no, and a narrowing. Scopes not among the offered ones are refused. */
export const consentDecision = z.strictObject({
  csrf: z.string().max(200),
  decision: z.enum(['allow', 'deny']),
  scopes: z.array(z.string().max(200)).max(50).optional(),
  objects: z.array(z.string().max(64)).max(200).optional(),
  /** For each detail asked for, the parts she allows; absent: all of them. */
  details: z
    .array(z.array(z.string().max(200)).max(50))
    .max(10)
    .optional(),
  /** Days until the grant ends by itself; absent = until ended. */
  days: z.int().min(1).max(365).optional(),
})
export type ConsentDecision = z.infer<typeof consentDecision>
/** Where the browser goes next: the client's redirect URI with the code or the error, or our own page about a device. */
export type ConsentAnswer = { location: string }

/** The code that a device shows, as somebody typed it. */
export const enterCodeInput = z.strictObject({ code: z.string().trim().min(1, 'Type the code').max(50) })

/** The body of every failed answer of the API: a code that programs read, a sentence that people read. */
export type ApiError = { error: string; message: string; fields?: Record<string, string>; id?: string }
