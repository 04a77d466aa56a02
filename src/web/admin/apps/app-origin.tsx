import { BadgeCheck } from 'lucide-react'

/** What tells apps of one name apart: the domain that vouches, or where its answers go. */
export function AppOrigin({
  verifiedDomain,
  hosts,
}: {
  verifiedDomain: string | null
  hosts: readonly string[]
}) {
  if (verifiedDomain) {
    return (
      <span className="flex items-center gap-1 truncate text-xs text-muted">
        <BadgeCheck size={13} className="shrink-0 text-accent" aria-label="Verified domain" />{' '}
        {verifiedDomain}
      </span>
    )
  }
  return <span className="block truncate text-xs text-muted">{hosts.join(', ') || 'No redirect'}</span>
}
