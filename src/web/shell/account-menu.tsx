import type { MemberView } from '#contract'
import { useNavigate } from '@tanstack/react-router'
import { LogOut, Moon, Sun, SunMoon, UserRound } from 'lucide-react'
import { api } from '../api/client.ts'
import { PersonMark } from '../ui/avatar.tsx'
import { Menu } from '../ui/popup.tsx'
import { useTheme } from '../ui/theme.ts'

/** Who is signed in, and what only concerns her. */
export function AccountMenu({ member }: { member: MemberView }) {
  const navigate = useNavigate()
  const [theme, setTheme] = useTheme()
  const next = { system: 'light', light: 'dark', dark: 'system' } as const
  const icons = { system: <Sun size={16} />, light: <Moon size={16} />, dark: <SunMoon size={16} /> }
  const labels = { system: 'Light colours', light: 'Dark colours', dark: 'Colours as the system' }
  return (
    <Menu
      side="top"
      trigger={
        <button
          type="button"
          title={`${member.name} (${member.email})`}
          className="mt-1 flex h-10 w-full items-center gap-2.5 rounded-md px-1.5 text-left text-table hover:bg-hover data-popup-open:bg-hover pointer-coarse:h-11"
        >
          <PersonMark name={member.name} size={20} />
          <span className="truncate font-medium md:group-data-[slim=true]:sr-only">{member.name}</span>
        </button>
      }
      entries={[
        {
          label: 'Your account',
          icon: <UserRound size={16} />,
          onSelect: () => void navigate({ to: '/settings/account' }),
        },
        { label: labels[theme], icon: icons[theme], onSelect: () => setTheme(next[theme]) },
        { label: 'Sign out', icon: <LogOut size={16} />, onSelect: () => void signOut() },
      ]}
    />
  )
}

async function signOut() {
  await api('DELETE', '/session').catch(() => null)
  location.assign('/sign-in')
}
