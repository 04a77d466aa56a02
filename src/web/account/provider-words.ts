import type { ProviderProblem } from '#contract'

const words: Record<ProviderProblem, (provider: string) => string> = {
  over: () => 'That took too long, or was begun in another browser. Try again.',
  denied: (provider) => `${provider} didn’t sign you in.`,
  failed: (provider) => `${provider}’s answer couldn’t be used. Try again, or take another way.`,
  email_unverified: (provider) =>
    `${provider} doesn’t vouch for your e-mail address. Verify it there, or take another way.`,
  domain: (provider) => `Addresses of that domain can’t sign in here with ${provider}.`,
  nobody: () => 'Nobody here has that e-mail address. Ask an administrator for an invitation.',
  disabled: () => 'An administrator has disabled this account.',
  linked: () => 'That account is connected with somebody else here, or another one is connected with you.',
}

/** What a provider's problem code means. Codes we don't know say the least. */
export function providerProblem(code: string | null, provider: string): string | null {
  if (code === null) return null
  const known = Object.entries(words).find(([name]) => name === code)
  return (known?.[1] ?? words.failed)(provider)
}
