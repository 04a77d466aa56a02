import type { ProviderProblem } from '#contract'
import { z } from 'zod'
import type { Provider } from './presets.ts'
import type { Account } from './links.ts'
import type { Vouched } from './relying-party.ts'

/** Why somebody who comes from a provider isn't let in, as a code that the page has a sentence for. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: ProviderProblem
  constructor(code: ProviderProblem) {
    super(code)
    this.code = code
  }
}

export type Person = Account & {
  domain: string
  name: string
  /** The provider says that it asked for more than one factor (RFC 8176 §2, `mfa`). */
  manyFactors: boolean
}

const claimed = z.object({
  email: z.email().max(254).toLowerCase(),
  name: z.string().optional(),
  amr: z.array(z.string()).optional(),
})

/** Who a provider says it is. Throws {@link Problem} for an address that isn't verified, or not of an allowed domain. */
export function readPerson(provider: Provider, { issuer, subject, claims }: Vouched): Person {
  const parsed = claimed.safeParse(claims)
  if (!parsed.success) throw new Problem('email_unverified')
  const { email, name, amr } = parsed.data
  const domain = email.slice(email.lastIndexOf('@') + 1)
  // An address that nobody checked is a name that anybody may choose.
  if (!provider.vouches(claims, domain)) throw new Problem('email_unverified')
  if (provider.domains.length > 0 && !provider.domains.includes(domain)) throw new Problem('domain')
  return {
    issuer,
    subject,
    email,
    domain,
    name: plainName(name ?? '') || email,
    manyFactors: amr?.includes('mfa') ?? false,
  }
}

/** One line of text as our own forms would have taken it. */
function plainName(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, 120)
    .toWellFormed()
}
