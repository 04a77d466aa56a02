import { useQuery } from '@tanstack/react-query'
import { securityOptions } from '../api/queries.ts'
import { Section } from '../shell/page.tsx'
import { Notice, Problem, Skeleton } from '../ui/states.tsx'
import { PasskeySection } from './passkey-section.tsx'
import { PasswordForm } from './password-form.tsx'
import { ProviderSection } from './provider-section.tsx'
import { TwoStepSection } from './two-step-section.tsx'

/** Everything about how she signs in. */
export function SignInSection() {
  const { data: security, error, refetch } = useQuery(securityOptions)
  if (error) return <Problem error={error} retry={() => void refetch()} />
  if (!security) return <Skeleton lines={8} />
  const { hasPassword, totp, passkeys, providers, required } = security
  return (
    <>
      <Section title="Two steps" lead="Besides your password: something that you have.">
        {required && totp === null && passkeys.length === 0 && (
          <div className="mb-3">
            <Notice>The administrators ask for a second step.</Notice>
          </div>
        )}
        <TwoStepSection security={security} />
      </Section>
      <Section
        title="Passkeys"
        lead="Sign in with your fingerprint, your face or your device’s code. Once you have one, your password alone isn’t enough."
      >
        <PasskeySection security={security} />
      </Section>
      {providers.length > 0 && (
        <Section title="Accounts elsewhere">
          <ProviderSection security={security} />
        </Section>
      )}
      <Section
        title="Password"
        lead={hasPassword ? 'Changing it ends your other sessions.' : 'You have none yet.'}
      >
        <PasswordForm key={String(hasPassword)} first={!hasPassword} />
      </Section>
    </>
  )
}
