import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { bootstrapOptions } from '../api/queries.ts'
import { Page, Section } from '../shell/page.tsx'
import { ChoiceField } from '../ui/choice.tsx'
import { PersonMark } from '../ui/avatar.tsx'
import { useTheme, type Theme } from '../ui/theme.ts'
import { SessionList } from './session-list.tsx'
import { SignInSection } from './sign-in-section.tsx'

const themes: { value: Theme; label: string }[] = [
  { value: 'system', label: 'As the system' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
]

export function AccountPage() {
  const { data } = useQuery(bootstrapOptions)
  const [theme, setTheme] = useTheme()
  useEffect(() => {
    document.title = 'Your account · Tandem'
  }, [])
  if (data?.state !== 'signed-in') return null
  const { member } = data
  return (
    <>
      <Page title="Your account">
        <div className="flex items-center gap-3">
          <PersonMark name={member.name} size={40} />
          <div className="min-w-0">
            <p className="truncate text-sm font-medium">{member.name}</p>
            <p className="truncate text-table text-muted">
              {member.email} · {member.role === 'administrator' ? 'Administrator' : 'Member'}
            </p>
          </div>
        </div>
        <div className="mt-8">
          <Section title="Appearance">
            <div className="flex items-center justify-between gap-4">
              <span className="text-sm">Colours</span>
              <ChoiceField
                label="Colours"
                value={theme}
                choices={themes}
                className="w-44"
                onChange={(next) => setTheme(themes.find((one) => one.value === next)?.value ?? 'system')}
              />
            </div>
          </Section>
          <SignInSection />
          <Section title="Where you are signed in">
            <SessionList />
          </Section>
        </div>
      </Page>
    </>
  )
}
