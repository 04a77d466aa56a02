import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useLocation } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { bootstrapOptions } from '../api/queries.ts'
import { approvalCountOptions } from '../admin/approvals/approvals.ts'
import { WaitingApps } from '../admin/approvals/waiting-apps.tsx'
import { EmptyState } from '../ui/states.tsx'
import { ConfirmDialog } from '../account/confirm-dialog.tsx'
import { settingsPages } from './settings-pages.ts'

const item =
  'flex h-8 shrink-0 items-center gap-2 rounded-md px-2 text-table whitespace-nowrap text-muted hover:bg-hover hover:text-ink data-[status=active]:bg-pressed data-[status=active]:font-medium data-[status=active]:text-ink pointer-coarse:h-11'

/** The settings' own navigation, and the page beside it; above it where the screen is narrow. */
export function SettingsLayout() {
  const { data } = useQuery(bootstrapOptions)
  const administrator = data?.state === 'signed-in' ? data.member.role === 'administrator' : undefined
  const { isFetched } = useQuery({ ...approvalCountOptions, enabled: administrator === true })
  /** Nothing in the row grows any more. */
  const settled = administrator === false || isFetched
  const { pathname } = useLocation()
  const nav = useRef<HTMLElement>(null)
  useEffect(() => {
    // In the narrow row the current page may lie beyond the edge.
    const current = [...(nav.current?.querySelectorAll('a') ?? [])].find((link) =>
      pathname.startsWith(link.pathname),
    )
    if (settled) current?.scrollIntoView({ block: 'nearest', inline: 'center' })
  }, [pathname, settled])
  const closed =
    administrator === false &&
    settingsPages.some((one) => one.administrators && one.pages.some(({ to }) => pathname.startsWith(to)))
  return (
    <div className="flex min-h-0 grow max-lg:flex-col">
      <nav
        ref={nav}
        aria-label="Settings"
        className="relative flex shrink-0 gap-1 border-line p-2 lg:gap-0.5 max-lg:overflow-x-auto max-lg:border-b lg:w-44 lg:flex-col lg:overflow-y-auto lg:border-r lg:pt-3"
      >
        {settingsPages.map(({ group, administrators, pages }) =>
          administrators && !administrator ? null : (
            <div key={group} className="flex gap-1 lg:flex-col lg:gap-0.5 lg:not-first:mt-3">
              <h2 className="px-2 text-xs font-medium text-faint max-lg:sr-only">{group}</h2>
              {pages.map(({ to, label }) => (
                <Link key={to} to={to} className={item} activeOptions={{ exact: false }}>
                  {label}
                  {to === '/settings/approvals' && <WaitingApps />}
                </Link>
              ))}
            </div>
          ),
        )}
      </nav>
      <div className="flex min-h-0 min-w-0 grow flex-col">
        {closed ? (
          <main className="py-10">
            <EmptyState title="Only an administrator can do this">
              <Link to="/settings/members" className="font-medium text-accent underline underline-offset-2">
                Members
              </Link>{' '}
              shows whom to ask.
            </EmptyState>
          </main>
        ) : (
          <Outlet />
        )}
      </div>
      <ConfirmDialog />
    </div>
  )
}
