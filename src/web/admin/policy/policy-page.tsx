import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { Page, Section } from '../../shell/page.tsx'
import { Problem, Skeleton } from '../../ui/states.tsx'
import { ago } from '../../ui/time.ts'
import { DecisionSearch } from './decision-search.tsx'
import { PolicyEditor } from './policy-editor.tsx'
import { policyOptions } from './policy.ts'

/** The client policy: which apps may connect, what they may have at most, and why it decided as it did. */
export function PolicyPage() {
  const { data: view, error, refetch } = useQuery(policyOptions)
  useEffect(() => {
    document.title = 'Policy · Tandem'
  }, [])
  return (
    <Page
      title="Policy"
      lead={
        view && view.version > 0
          ? `Which apps may connect, and what they get at most. Version ${view.version}, saved ${ago(view.savedAt ?? '')} by ${view.savedBy ?? 'somebody'}.`
          : 'Which apps may connect, and what they get at most. Nobody has edited it yet: the settings decide.'
      }
    >
      {error ? (
        <Problem error={error} retry={() => void refetch()} />
      ) : !view ? (
        <Skeleton lines={10} />
      ) : (
        <>
          <PolicyEditor key={view.version} view={view} />
          <Section
            title="Why was this refused?"
            lead="What was decided lately, by which rule. Search an app’s name or id, a host, an address or a rule."
          >
            <DecisionSearch />
          </Section>
        </>
      )}
    </Page>
  )
}
