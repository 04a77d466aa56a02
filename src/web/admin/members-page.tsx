import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { bootstrapOptions, membersOptions } from '../api/queries.ts'
import { Page, Section } from '../shell/page.tsx'
import { Problem, Skeleton } from '../ui/states.tsx'
import { InvitationList } from './invitation-list.tsx'
import { InviteForm } from './invite-form.tsx'
import { MemberRow } from './member-row.tsx'

export function MembersPage() {
  const { data: bootstrap } = useQuery(bootstrapOptions)
  const { data: members, error, refetch } = useQuery(membersOptions)
  const me = bootstrap?.state === 'signed-in' ? bootstrap.member : null
  const administrator = me?.role === 'administrator'
  useEffect(() => {
    document.title = 'Members · Tandem'
  }, [])
  return (
    <>
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
              <MemberRow
                key={member.id}
                member={member}
                own={me?.id === member.id}
                administrator={administrator}
              />
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
