import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { bootstrapOptions } from '../api/queries.ts'

const tab =
  'relative flex h-10 items-center rounded-sm px-2 text-table text-muted hover:text-ink data-[status=active]:font-medium data-[status=active]:text-ink data-[status=active]:after:absolute data-[status=active]:after:inset-x-2 data-[status=active]:after:-bottom-px data-[status=active]:after:h-0.5 data-[status=active]:after:bg-accent'

/** The pages of the settings. */
export function SettingsTabs() {
  const { data } = useQuery(bootstrapOptions)
  const administrator = data?.state === 'signed-in' && data.member.role === 'administrator'
  return (
    <nav
      aria-label="Settings"
      className="flex h-12 shrink-0 items-end gap-1 overflow-x-auto border-b border-line px-2 sm:px-6"
    >
      <Link to="/settings/account" className={tab}>
        Your account
      </Link>
      <Link to="/settings/members" className={tab}>
        Members
      </Link>
      {administrator && (
        <>
          <Link to="/settings/audit" className={tab}>
            Audit
          </Link>
          <Link to="/settings/keys" className={tab}>
            Keys
          </Link>
        </>
      )}
    </nav>
  )
}
