import type { ClientView } from '#contract'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { api, sentence } from '../../api/client.ts'
import { memory } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/dialog.tsx'
import { toast } from '../../ui/toast.tsx'

type Act = 'end' | 'delete'
type Named = Pick<ClientView, 'id' | 'name' | 'grants'>

/** Ends the grants of apps, or deletes them; asks first, and says how much that is. */
export function AppActions({ apps, onDone }: { apps: readonly Named[]; onDone: (act: Act) => void }) {
  const [asking, setAsking] = useState(false)
  // Kept while the dialog closes, so that its words don't change on the way out.
  const [asked, setAsked] = useState<{ act: Act; apps: readonly Named[] }>({ act: 'end', apps })
  const live = apps.reduce((sum, { grants }) => sum + grants.active + grants.provisional, 0)
  const run = useMutation({
    mutationFn: ({ act, apps: which }: typeof asked) =>
      api<{ ended?: number; deleted?: number }>(
        'POST',
        `/clients/${act === 'end' ? 'end-grants' : 'delete'}`,
        {
          ids: which.map(({ id }) => id),
        },
      ),
    onSuccess: ({ ended = 0, deleted = 0 }, { act }) => {
      setAsking(false)
      toast(act === 'end' ? `${count(ended, 'permission')} ended` : `${count(deleted, 'app')} deleted`)
      onDone(act)
      return Promise.all([
        memory.invalidateQueries({ queryKey: ['apps'] }),
        memory.invalidateQueries({ queryKey: ['grants'] }),
      ])
    },
    onError: (error) => {
      setAsking(false)
      toast('Nothing was changed', { description: sentence(error), tone: 'problem' })
    },
  })
  const ask = (act: Act) => {
    setAsked({ act, apps })
    setAsking(true)
  }
  return (
    <>
      {live > 0 && (
        <Button small look="ending" onClick={() => ask('end')}>
          End access
        </Button>
      )}
      <Button small look="ending" onClick={() => ask('delete')}>
        Delete
      </Button>
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        title={asked.act === 'end' ? `End all access of ${what(asked.apps)}?` : `Delete ${what(asked.apps)}?`}
        description={
          asked.act === 'end'
            ? 'The next request is refused, for everybody who connected it. People may connect it again.'
            : asked.apps.length === 1
              ? 'Everything it was allowed ends, and its secrets and keys go. To come back it has to be set up or register anew. What it did stays in the history.'
              : 'Everything they were allowed ends, and their secrets and keys go. To come back they have to be set up or register anew. What they did stays in the history.'
        }
        verb={asked.act === 'end' ? 'End access' : `Delete ${what(asked.apps)}`}
        busy={run.isPending}
        onConfirm={() => run.mutate(asked)}
      />
    </>
  )
}

function what(apps: readonly Named[]): string {
  const [only] = apps
  return apps.length === 1 && only ? only.name : count(apps.length, 'app')
}

function count(how: number, noun: string): string {
  return how === 1 ? `one ${noun}` : `${how.toLocaleString()} ${noun}s`
}
