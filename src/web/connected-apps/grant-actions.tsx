import { reachesRecords } from '#contract'
import type { GrantView } from '#contract'
import { Pause, Play, SlidersHorizontal } from 'lucide-react'
import { useState } from 'react'
import { sentence } from '../api/client.ts'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/dialog.tsx'
import { useGrantDeeds } from './grants.ts'
import { NarrowDialog } from './narrow-dialog.tsx'

/** Narrow, pause or resume, end. Ending is final and says so; pausing is there for whoever isn't sure. */
export function GrantActions({ grant }: { grant: GrantView }) {
  const [asking, setAsking] = useState<'end' | 'narrow' | null>(null)
  const { pause, resume, end, narrow } = useGrantDeeds(grant, () => setAsking(null))
  const { name } = grant.client
  const busy = pause.isPending || resume.isPending
  return (
    <div className="flex flex-wrap gap-2">
      <Button
        small
        onClick={() => {
          narrow.reset()
          setAsking('narrow')
        }}
      >
        <SlidersHorizontal size={14} aria-hidden /> Narrow
      </Button>
      {grant.status === 'paused' ? (
        <Button small disabled={busy} onClick={() => resume.mutate()}>
          <Play size={14} aria-hidden /> Resume
        </Button>
      ) : (
        <Button small disabled={busy} onClick={() => pause.mutate()}>
          <Pause size={14} aria-hidden /> Pause
        </Button>
      )}
      <Button small look="ending" onClick={() => setAsking('end')}>
        End access
      </Button>
      <NarrowDialog
        grant={grant}
        open={asking === 'narrow'}
        busy={narrow.isPending}
        problem={narrow.error && `Nothing was changed: ${sentence(narrow.error)}`}
        onClose={() => setAsking(null)}
        onNarrow={(to) => narrow.mutate(to)}
      />
      <Confirm
        open={asking === 'end'}
        onClose={() => setAsking(null)}
        title={`End ${name}’s access?`}
        description={
          <>
            Its next request is refused, everywhere it is signed in with this permission. This can’t be taken
            back: to use it again you connect it again.{' '}
            {reachesRecords(grant)
              ? 'What it did stays in the history and can still be undone.'
              : 'What it did stays in the record.'}{' '}
            Not sure? <em>Pause</em> stops it just as fast, and you can resume it.
          </>
        }
        verb="End access"
        busy={end.isPending}
        onConfirm={() => end.mutate()}
      />
    </div>
  )
}
