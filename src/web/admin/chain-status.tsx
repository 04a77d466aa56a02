import type { ChainCheckView } from '#contract'
import { Collapsible } from '@base-ui/react/collapsible'
import { useMutation, useQuery } from '@tanstack/react-query'
import { ChevronRight, Link2, Unlink } from 'lucide-react'
import { useState } from 'react'
import { api, sentence } from '../api/client.ts'
import { memory } from '../api/queries.ts'
import { CopyBlock } from '../connected-apps/copy-block.tsx'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/text-field.tsx'
import { ago, fullTime } from '../ui/time.ts'
import { toast } from '../ui/toast.tsx'
import { chainOptions } from './audit-search.ts'

/** Whether the record is whole: how far it goes, when it was walked last, and the checkpoint to keep elsewhere. */
export function ChainStatus() {
  const { data: chain } = useQuery(chainOptions)
  const [kept, setKept] = useState('')
  const check = useMutation({
    mutationFn: () =>
      api<ChainCheckView>(
        'POST',
        '/audit/chain/check',
        kept.trim() === '' ? {} : { checkpoint: kept.trim() },
      ),
    onSuccess: (found) => {
      memory.setQueryData(chainOptions.queryKey, found)
      if (faultOf(found) === null) toast('The record is whole')
    },
    onError: (error) => toast('The record wasn’t checked', { description: sentence(error), tone: 'problem' }),
  })
  const fault = check.data ? faultOf(check.data) : null
  const checkpoint = chain?.checkpoint ?? null
  const Mark = fault === null ? Link2 : Unlink
  return (
    <div
      className={`mb-6 rounded-md border ${fault === null ? 'border-line' : 'border-danger bg-danger-soft'}`}
    >
      <div className="flex flex-wrap items-center gap-3 px-4 py-3">
        <Mark
          size={18}
          className={`shrink-0 ${fault === null ? 'text-accent' : 'text-danger'}`}
          aria-hidden
        />
        <p className="min-w-0 grow basis-56 text-table" role="status">
          {fault ?? (
            <>
              <span className="font-medium tabular-nums">
                {(chain?.entries ?? 0).toLocaleString()} entries.
              </span>{' '}
              <span className="text-muted">
                {checkpoint ? (
                  <>
                    Checked{' '}
                    <time dateTime={checkpoint.at} title={fullTime(checkpoint.at)}>
                      {ago(checkpoint.at)}
                    </time>
                    : whole to entry {checkpoint.seq.toLocaleString()}
                  </>
                ) : (
                  'Not checked yet'
                )}
              </span>
            </>
          )}
        </p>
        <Button small disabled={check.isPending} onClick={() => check.mutate()}>
          {check.isPending ? 'Checking…' : 'Check the record'}
        </Button>
      </div>
      <Collapsible.Root className="border-t border-line">
        <Collapsible.Trigger className="group flex h-9 w-full items-center gap-1.5 rounded-md px-4 text-table text-muted hover:text-ink pointer-coarse:h-11">
          <ChevronRight
            size={15}
            className="transition-transform group-data-panel-open:rotate-90"
            aria-hidden
          />
          Checkpoint
        </Collapsible.Trigger>
        <Collapsible.Panel className="flex flex-col gap-3 px-4 pb-4">
          <p className="max-w-xl text-table text-muted">
            Keep it somewhere else. Should somebody put an older copy of the database in place, a checkpoint
            from before tells.
          </p>
          {checkpoint && <CopyBlock label="The last checkpoint" text={checkpoint.text} />}
          <TextField
            label="A checkpoint that you kept"
            hint="It is held against the record at the next check."
            maxLength={300}
            autoComplete="off"
            spellCheck={false}
            value={kept}
            onChange={(event) => setKept(event.target.value)}
          />
        </Collapsible.Panel>
      </Collapsible.Root>
    </div>
  )
}

function faultOf({ broken, disagrees }: ChainCheckView): string | null {
  if (broken) return `Entry ${broken.seq} is wrong: ${broken.why}. Everything before it is as it was written.`
  return disagrees
}
