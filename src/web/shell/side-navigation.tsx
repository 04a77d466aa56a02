import type { MemberView } from '#contract'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Hexagon, Keyboard, PanelLeft, Plug, Search, Settings, ShieldCheck, Waypoints } from 'lucide-react'
import { useEffect, useState, type ReactNode } from 'react'
import { objectsOptions } from '../api/queries.ts'
import { ObjectIcon } from '../crm/object-icon.tsx'
import { IconButton } from '../ui/button.tsx'
import { Logo } from '../ui/logo.tsx'
import { WaitingApps } from '../admin/approvals/waiting-apps.tsx'
import { WaitingTools } from '../admin/upstreams/waiting-tools.tsx'
import { recall, remember } from '../ui/remembered.ts'
import { AccountMenu } from './account-menu.tsx'

type Props = {
  member: MemberView
  open: boolean
  onClose: () => void
  onSearch: () => void
  onShortcuts: () => void
}

/** 220 px, or only icons. On a narrow screen a drawer. */
export function SideNavigation({ member, open, onClose, onSearch, onShortcuts }: Props) {
  const { data: objects = [] } = useQuery(objectsOptions)
  const [slim, setSlim] = useState(() => recall('navigation') === 'slim')

  useEffect(() => {
    remember('navigation', slim ? 'slim' : null)
  }, [slim])
  useEffect(() => {
    if (!open) return
    const close = (event: KeyboardEvent) => event.key === 'Escape' && onClose()
    addEventListener('keydown', close)
    return () => removeEventListener('keydown', close)
  }, [open, onClose])

  return (
    <>
      {open && <div className="fixed inset-0 z-30 bg-backdrop md:hidden" onClick={onClose} aria-hidden />}
      <nav
        aria-label="Tandem"
        data-slim={slim}
        className={`group flex shrink-0 flex-col border-r border-line bg-surface p-2 transition-[width] duration-100 max-md:fixed max-md:inset-y-0 max-md:left-0 max-md:z-40 max-md:w-64 md:w-[220px] md:data-[slim=true]:w-[53px] ${open ? '' : 'max-md:hidden'}`}
      >
        <div className="mb-2 flex h-8 items-center gap-2 pl-2 md:group-data-[slim=true]:pl-1">
          <span className="flex grow items-center gap-2 md:group-data-[slim=true]:hidden">
            <Logo size={18} />
            <span className="text-sm font-semibold">Tandem</span>
          </span>
          <IconButton
            label={slim ? 'Widen the navigation' : 'Narrow the navigation'}
            className="max-md:hidden"
            onClick={() => setSlim(!slim)}
          >
            <PanelLeft size={16} />
          </IconButton>
        </div>
        <Action icon={<Search size={16} />} label="Search" keys="Ctrl K" onClick={onSearch} />
        <Heading>Records</Heading>
        {objects.map((object) => (
          <Link
            key={object.name}
            to="/o/$object"
            params={{ object: object.name }}
            title={object.labelPlural}
            className={itemClass}
          >
            <ObjectIcon icon={object.icon} />
            <Label>{object.labelPlural}</Label>
          </Link>
        ))}
        <Heading>Agents</Heading>
        <Link to="/connected-apps" title="Connected apps" className={itemClass}>
          <Hexagon size={16} className="shrink-0 text-faint" aria-hidden />
          <Label>Connected apps</Label>
        </Link>
        <Link to="/connect-an-agent" title="Connect an agent" className={itemClass}>
          <Plug size={16} className="shrink-0 text-faint" aria-hidden />
          <Label>Connect an agent</Label>
        </Link>
        {member.role === 'administrator' && (
          <Link to="/settings/approvals" title="Approvals" className={itemClass}>
            <ShieldCheck size={16} className="shrink-0 text-faint" aria-hidden />
            <Label>Approvals</Label>
            <WaitingApps />
          </Link>
        )}
        {member.role === 'administrator' && (
          <Link to="/settings/upstreams" title="Upstreams" className={itemClass}>
            <Waypoints size={16} className="shrink-0 text-faint" aria-hidden />
            <Label>Upstreams</Label>
            <WaitingTools />
          </Link>
        )}
        <div className="grow" />
        <Link to="/settings" title="Settings" className={itemClass}>
          <Settings size={16} className="shrink-0 text-faint" aria-hidden />
          <Label>Settings</Label>
        </Link>
        <Action icon={<Keyboard size={16} />} label="Shortcuts" keys="?" onClick={onShortcuts} />
        <AccountMenu member={member} />
      </nav>
    </>
  )
}

const itemClass =
  'flex h-8 items-center gap-2.5 rounded-md px-2 text-table text-muted outline-offset-0 hover:bg-hover hover:text-ink data-[status=active]:bg-pressed data-[status=active]:font-medium data-[status=active]:text-ink pointer-coarse:h-11'

function Label({ children }: { children: ReactNode }) {
  return <span className="truncate md:group-data-[slim=true]:sr-only">{children}</span>
}

function Heading({ children }: { children: ReactNode }) {
  return (
    <h2 className="mt-4 mb-1 px-2 text-xs font-medium text-faint md:group-data-[slim=true]:sr-only">
      {children}
    </h2>
  )
}

function Action({
  icon,
  label,
  keys,
  onClick,
}: {
  icon: ReactNode
  label: string
  keys: string
  onClick: () => void
}) {
  return (
    <button type="button" title={label} className={`${itemClass} w-full`} onClick={onClick}>
      <span className="shrink-0 text-faint">{icon}</span>
      <Label>{label}</Label>
      <kbd className="ml-auto font-sans text-xs text-faint md:group-data-[slim=true]:hidden">{keys}</kbd>
    </button>
  )
}
