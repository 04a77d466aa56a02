import type { GrantView } from '#contract'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { api, sentence } from '../api/client.ts'
import { memory } from '../api/queries.ts'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/dialog.tsx'
import { toast } from '../ui/toast.tsx'
import type { GrantSearch } from './grant-search.ts'

type Props = {
  search: GrantSearch
  chosen: readonly GrantView[]
  total: number
  nameOf: (member: string) => string
  onDone: () => void
}
type Ending = { what: string; body: Record<string, unknown> }

/** Ends what is selected, or all of the person or app that the list is about. */
export function EndGrants({ search, chosen, total, nameOf, onDone }: Props) {
  const [asking, setAsking] = useState(false)
  const ending = endingOf(search, chosen, nameOf)
  // Kept while the dialog closes, so that its words don't change on the way out.
  const [asked, setAsked] = useState<Ending | null>(null)
  const end = useMutation({
    mutationFn: ({ body }: Ending) => api<{ ended: number }>('POST', '/grants/end', body),
    onSuccess: ({ ended }) => {
      setAsking(false)
      onDone()
      toast(ended === 1 ? 'One permission ended' : `${ended.toLocaleString()} permissions ended`)
      return memory.invalidateQueries({ queryKey: ['grants'] })
    },
    onError: (error) => toast('Nothing was ended', { description: sentence(error), tone: 'problem' }),
  })
  return (
    <div className="mb-2 flex min-h-9 flex-wrap items-center justify-between gap-2">
      <span className="text-table text-muted tabular-nums" role="status">
        {chosen.length > 0 ? `${chosen.length} selected` : `${total.toLocaleString()} found`}
      </span>
      {ending && (
        <Button
          small
          look="ending"
          onClick={() => {
            setAsked(ending)
            setAsking(true)
          }}
        >
          End {ending.what}
        </Button>
      )}
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        title={`End ${asked?.what ?? ''}?`}
        description="The apps’ next requests are refused, with every token they have. This can’t be taken back: people connect the apps again. What they did stays in the history."
        verb="End access"
        busy={end.isPending}
        onConfirm={() => asked && end.mutate(asked)}
      />
    </div>
  )
}

function endingOf(
  { member, client }: GrantSearch,
  chosen: readonly GrantView[],
  nameOf: Props['nameOf'],
): Ending | null {
  if (chosen.length > 0) {
    const what =
      chosen.length === 1 ? `${chosen[0]?.client.name ?? 'it'}’s access` : `${chosen.length} permissions`
    return { what, body: { ids: chosen.map(({ id }) => id) } }
  }
  if (member && client) return null
  if (member) return { what: `all access of ${nameOf(member)}’s apps`, body: { member } }
  return client ? { what: 'all access of this app', body: { client } } : null
}
