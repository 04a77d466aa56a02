import type { ClientDetail } from '#contract'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { confirmed, NotConfirmed } from '../../account/confirmed.ts'
import { api, sentence } from '../../api/client.ts'
import { memory } from '../../api/queries.ts'
import { CopyBlock } from '../../connected-apps/copy-block.tsx'
import { Section } from '../../shell/page.tsx'
import { Button } from '../../ui/button.tsx'
import { ChoiceField } from '../../ui/choice.tsx'
import { Confirm } from '../../ui/dialog.tsx'
import { fullTime } from '../../ui/time.ts'
import { toast } from '../../ui/toast.tsx'

const hour = 60 * 60
const overlaps = [
  { value: String(24 * hour), label: 'Old one works a day more' },
  { value: String(7 * 24 * hour), label: 'Old one works a week more' },
  { value: String(hour), label: 'Old one works an hour more' },
  { value: '0', label: 'Old one ends at once' },
]

/** The secrets that live, and the way to a new one. */
export function AppSecrets({ app }: { app: ClientDetail }) {
  const [overlap, setOverlap] = useState(String(24 * hour))
  const [asking, setAsking] = useState(false)
  const [made, setMade] = useState<string | null>(null)
  const rotate = useMutation({
    mutationFn: () =>
      confirmed(() =>
        api<{ clientSecret: string }>('POST', '/client/secret', { id: app.id, overlap: Number(overlap) }),
      ),
    onSuccess: ({ clientSecret }) => {
      setAsking(false)
      setMade(clientSecret)
      return memory.invalidateQueries({ queryKey: ['apps'] })
    },
    onError: (error) => {
      setAsking(false)
      if (error instanceof NotConfirmed) return
      toast('No new secret was made', { description: sentence(error), tone: 'problem' })
    },
  })
  return (
    <Section
      title="Secret"
      lead="Kept as a hash: nobody can show it again, but a new one can take its place."
    >
      <ul className="divide-y divide-line rounded-md border border-line text-table">
        {app.secrets.map(({ createdAt, expiresAt }) => (
          <li key={createdAt} className="flex flex-wrap gap-x-4 px-4 py-2">
            <span className="grow">Made {fullTime(createdAt)}</span>
            <span className="text-muted">{ending(expiresAt)}</span>
          </li>
        ))}
      </ul>
      <div className="mt-3 flex flex-wrap gap-2">
        <ChoiceField
          label="What becomes of the old secret"
          className="w-60"
          value={overlap}
          choices={overlaps}
          onChange={setOverlap}
        />
        <Button
          disabled={rotate.isPending}
          onClick={() => (overlap === '0' ? setAsking(true) : rotate.mutate())}
        >
          Make a new secret
        </Button>
      </div>
      {made && (
        <div role="status" className="mt-3">
          <p className="mb-1 text-table text-muted">The new secret. It is shown only now.</p>
          <CopyBlock label="Client secret" text={made} />
        </div>
      )}
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        title="End the old secret at once?"
        description={`${app.name} can’t get tokens until it has the new one.`}
        verb="End it, make a new one"
        busy={rotate.isPending}
        onConfirm={() => rotate.mutate()}
      />
    </Section>
  )
}

function ending(expiresAt: string | null): string {
  if (expiresAt === null) return 'Works until it is replaced'
  return `${Date.parse(expiresAt) > Date.now() ? 'Ends' : 'Ended'} ${fullTime(expiresAt)}`
}
