import type { ListedMemberView, MemberRole } from '#contract'
import { Ellipsis, ShieldCheck } from 'lucide-react'
import { useState } from 'react'
import { useAct } from '../account/use-act.ts'
import { api } from '../api/client.ts'
import { memory } from '../api/queries.ts'
import { PersonMark } from '../ui/avatar.tsx'
import { IconButton } from '../ui/button.tsx'
import { Confirm } from '../ui/dialog.tsx'
import { Menu, type MenuEntry } from '../ui/popup.tsx'
import { toast } from '../ui/toast.tsx'

const roleWords: Record<MemberRole, string> = { administrator: 'Administrator', member: 'Member' }

type Asking = 'disable' | 'reset' | 'promote' | null
type Props = { member: ListedMemberView; own: boolean; administrator: boolean }

/** One member; for administrators with what they may do about her. */
export function MemberRow({ member, own, administrator }: Props) {
  const { id, name, email, role, active, secondFactor } = member
  const [asking, setAsking] = useState<Asking>(null)
  const { busy, act } = useAct()
  const at = `/members/${encodeURIComponent(id)}`

  async function run(failed: string, done: string, work: () => Promise<unknown>) {
    setAsking(null)
    const ok = await act(failed, async () => {
      await work()
      return true
    })
    if (!ok) return
    toast(done)
    await memory.invalidateQueries({ queryKey: ['members'] })
  }
  const change = (to: { active?: boolean; role?: MemberRole }, done: string) =>
    run(`${name} wasn’t changed`, done, () => api('PATCH', at, to))
  const reset = () =>
    run(`${name}’s second step wasn’t reset`, `${name} signs in with one step again`, () =>
      api('POST', `${at}/reset-factors`),
    )

  const entries: MenuEntry[] = [
    role === 'member'
      ? { label: 'Make administrator', onSelect: () => setAsking('promote') }
      : {
          label: 'Make member',
          onSelect: () => void change({ role: 'member' }, `${name} is a member now`),
        },
    ...(secondFactor && !own
      ? [{ label: 'Reset second step', onSelect: () => setAsking('reset'), danger: true }]
      : []),
    active
      ? { label: 'Disable', onSelect: () => setAsking('disable'), danger: true }
      : {
          label: 'Enable',
          onSelect: () => void change({ active: true }, `${name} may sign in again`),
        },
  ]

  return (
    <li className="flex min-h-14 items-center gap-3 px-4 py-2 text-table">
      <PersonMark name={name} size={28} />
      <div className="min-w-0 grow">
        <p className="truncate font-medium">
          {name} {own && <span className="font-normal text-faint">· you</span>}
        </p>
        <p className="truncate text-muted">{email}</p>
      </div>
      {secondFactor && (
        <span title="Signs in with two steps" className="shrink-0 text-accent">
          <ShieldCheck size={16} aria-label="Signs in with two steps" />
        </span>
      )}
      <span className={`shrink-0 ${active ? 'text-muted' : 'text-danger'}`}>
        {active ? roleWords[role] : 'Disabled'}
      </span>
      {administrator && (
        <Menu
          align="end"
          entries={entries}
          trigger={
            <IconButton label={`What to do about ${name}`} disabled={busy}>
              <Ellipsis size={16} />
            </IconButton>
          }
        />
      )}
      <Confirm
        open={asking === 'disable'}
        onClose={() => setAsking(null)}
        title={`Disable ${name}?`}
        description={`${name}’s sessions end at once, and so does every app that acts for ${name}. What was done stays. You can enable the account again.`}
        verb="Disable"
        onConfirm={() => void change({ active: false }, `${name} can’t sign in any more`)}
      />
      <Confirm
        open={asking === 'promote'}
        onClose={() => setAsking(null)}
        title={`Make ${name} an administrator?`}
        description="Administrators see everybody’s connected apps, invite and disable people, and decide which apps may connect."
        verb="Make administrator"
        onConfirm={() => void change({ role: 'administrator' }, `${name} is an administrator now`)}
      />
      <Confirm
        open={asking === 'reset'}
        onClose={() => setAsking(null)}
        title={`Reset ${name}’s second step?`}
        description={`Authenticator app, passkeys and recovery codes of ${name} are removed and all of ${name}’s sessions end: from then on the password alone is enough. Do this only when you know that it is ${name} who asks.`}
        verb="Reset"
        onConfirm={() => void reset()}
      />
    </li>
  )
}
