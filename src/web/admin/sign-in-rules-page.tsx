import type { SecondFactorRule } from '#contract'
import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useAct } from '../account/use-act.ts'
import { api } from '../api/client.ts'
import { bootstrapOptions, memory, signInRulesOptions } from '../api/queries.ts'
import { CopyBlock } from '../connected-apps/copy-block.tsx'
import { Page, Section } from '../shell/page.tsx'
import { ChoiceField } from '../ui/choice.tsx'
import { Problem, Skeleton } from '../ui/states.tsx'
import { toast } from '../ui/toast.tsx'
import { JoiningDomains } from './joining-domains.tsx'

const choices: { value: SecondFactorRule; label: string }[] = [
  { value: 'optional', label: 'Nobody' },
  { value: 'administrators', label: 'Administrators' },
  { value: 'everyone', label: 'Everybody' },
]

/** The administrators' rules for signing in. */
export function SignInRulesPage() {
  const { data: rules, error, refetch } = useQuery(signInRulesOptions)
  const { data: bootstrap } = useQuery(bootstrapOptions)
  const { act } = useAct()
  useEffect(() => {
    document.title = 'Sign-in · Tandem'
  }, [])

  async function require(secondFactor: SecondFactorRule) {
    const done = await act('The rule is as it was', async () => {
      await api('PATCH', '/sign-in-rules', { secondFactor })
      return true
    })
    await memory.invalidateQueries({ queryKey: ['sign-in-rules'] })
    if (done) toast('The rule holds from now on')
  }

  return (
    <Page title="Sign-in" lead="How people prove who they are before they come in.">
      {error ? (
        <Problem error={error} retry={() => void refetch()} />
      ) : !rules ? (
        <Skeleton lines={6} />
      ) : (
        <>
          <Section
            title="Second step"
            lead="An authenticator app or a passkey besides the password. Whoever has none sets one up at the next sign-in; sessions that one step opened end."
          >
            <div className="flex items-center justify-between gap-4">
              <span className="text-sm">Asked of</span>
              <ChoiceField
                label="Second step asked of"
                value={rules.secondFactor}
                choices={choices}
                className="w-44"
                onChange={(next) => {
                  const chosen = choices.find(({ value }) => value === next)
                  if (chosen && chosen.value !== rules.secondFactor) void require(chosen.value)
                }}
              />
            </div>
          </Section>
          <Section
            title="Sign in with"
            lead="Providers come from the setting TANDEM_SIGN_IN_WITH. Register the address below each as redirect URI there."
          >
            {rules.providers.length === 0 ? (
              <p className="text-table text-faint">None: people sign in with passwords and passkeys.</p>
            ) : (
              <ul aria-label="Providers" className="flex flex-col gap-3">
                {rules.providers.map(({ name, label }) => (
                  <li key={name} className="flex flex-col gap-1">
                    <span className="text-table font-medium">{label}</span>
                    {bootstrap?.state === 'signed-in' && (
                      <CopyBlock
                        label={`Redirect URI for ${label}`}
                        text={`${bootstrap.issuer}/api/sign-in/${name}/callback`}
                      />
                    )}
                  </li>
                ))}
              </ul>
            )}
          </Section>
          {rules.providers.length > 0 && (
            <Section
              title="Domains"
              lead="What a provider’s word is worth for the addresses of a domain. Without a line here, people come by invitation and connect the account after signing in once."
            >
              <JoiningDomains rules={rules} />
            </Section>
          )}
        </>
      )}
    </Page>
  )
}
