import type { SecurityView } from '#contract'
import { useState } from 'react'
import { api } from '../api/client.ts'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/dialog.tsx'
import { shortDay } from '../ui/time.ts'
import { toast } from '../ui/toast.tsx'
import { FormProblem } from './form-problem.tsx'
import { providerProblem } from './provider-words.ts'
import { useAct } from './use-act.ts'

type Linkable = SecurityView['providers'][number]

/** Accounts elsewhere that sign her in here. */
export function ProviderSection({ security: { providers } }: { security: SecurityView }) {
  const [leaving, setLeaving] = useState<Linkable | null>(null)
  const { busy, act } = useAct()
  const asked = new URLSearchParams(location.search)
  const called = providers.find(({ name }) => name === asked.get('with'))?.label ?? 'The provider'

  async function connect({ name, label }: Linkable) {
    const there = await act(`${label} wasn’t connected`, () =>
      api<{ location: string }>('POST', '/account/providers', {
        provider: name,
        next: '/settings/account',
      }),
    )
    if (there) location.assign(there.location)
  }
  async function disconnect({ name, label }: Linkable) {
    setLeaving(null)
    const done = await act(`${label} is still connected`, async () => {
      await api('DELETE', `/account/providers/${encodeURIComponent(name)}`)
      return true
    })
    if (done) toast(`${label} doesn’t sign you in any more`)
  }

  return (
    <div className="flex flex-col gap-3">
      <FormProblem message={providerProblem(asked.get('problem'), called)} />
      <ul aria-label="Accounts elsewhere" className="divide-y divide-line rounded-md border border-line">
        {providers.map((provider) => (
          <li key={provider.name} className="flex min-h-14 items-center gap-3 px-4 py-2 text-table">
            <div className="min-w-0 grow">
              <p className="truncate font-medium">{provider.label}</p>
              <p className="truncate text-muted">
                {provider.linked
                  ? `${provider.linked.email} · since ${shortDay(provider.linked.since)}`
                  : 'Not connected'}
              </p>
            </div>
            {provider.linked ? (
              <Button small look="ending" disabled={busy} onClick={() => setLeaving(provider)}>
                Disconnect
              </Button>
            ) : (
              <Button small disabled={busy} onClick={() => void connect(provider)}>
                Connect
              </Button>
            )}
          </li>
        ))}
      </ul>
      <Confirm
        open={leaving !== null}
        onClose={() => setLeaving(null)}
        title={`Disconnect ${leaving?.label ?? ''}?`}
        description={`Your account at ${leaving?.label ?? 'the provider'} doesn’t sign you in here any more. Sessions that it began go on until you end them.`}
        verb="Disconnect"
        onConfirm={() => leaving && void disconnect(leaving)}
      />
    </div>
  )
}
