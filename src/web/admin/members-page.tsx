import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { bootstrapOptions, membersOptions } from '../api/queries.ts'
import { Page, Section } from '../shell/page.tsx'
import { SettingsTabs } from '../shell/settings-tabs.tsx'
import { PersonMark } from '../ui/avatar.tsx'
import { Problem, Skeleton } from '../ui/states.tsx'
import { InvitationList } from './invitation-list.tsx'
import { InviteForm } from './invite-form.tsx'

export function MembersPage() {
  const { data: bootstrap } = useQuery(bootstrapOptions)
  const { data: members, error, refetch } = useQuery(membersOptions)
  const administrator = bootstrap?.state === 'signed-in' && bootstrap.member.role === 'administrator'
  useEffect(() => {
    document.title = 'Members · Tandem'
  }, [])
  return (
    <>
      <SettingsTabs />
      <Page
        title="Members"
        lead="People with a seat here. Administrators invite people and decide which apps may connect."
      >
        {error ? (
          <Problem error={error} retry={() => void refetch()} />
        ) : !members ? (
          <Skeleton lines={4} />
        ) : (
          <ul className="divide-y divide-line rounded-md border border-line">
            {members.map((member) => (
              <li key={member.id} className="flex min-h-14 items-center gap-3 px-4 py-2 text-table">
                <PersonMark name={member.name} size={28} />
                <div className="min-w-0 grow">
                  <p className="truncate font-medium">{member.name}</p>
                  <p className="truncate text-muted">{member.email}</p>
                </div>
                <span className="shrink-0 text-muted">
                  {member.role === 'administrator' ? 'Administrator' : 'Member'}
                </span>
              </li>
            ))}
          </ul>
        )}
        {administrator && (
          <div className="mt-8">
            <Section
              title="Invite somebody"
              lead="You get a link to send them. It works once, for seven days."
            >
              <InviteForm />
            </Section>
            <Section title="Open invitations">
              <InvitationList />
            </Section>
          </div>
        )}
      </Page>
    </>
  )
}
