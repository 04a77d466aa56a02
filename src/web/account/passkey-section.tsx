import type { PasskeyView, SecurityView } from '#contract'
import { KeyRound } from 'lucide-react'
import { useState } from 'react'
import { api } from '../api/client.ts'
import { memory } from '../api/queries.ts'
import { Button } from '../ui/button.tsx'
import { Confirm, Dialog } from '../ui/dialog.tsx'
import { TextField } from '../ui/text-field.tsx'
import { ago, shortDay } from '../ui/time.ts'
import { toast } from '../ui/toast.tsx'
import { FormProblem } from './form-problem.tsx'
import { makePasskey, passkeysHere } from './passkeys.ts'
import { CodesDialog } from './two-step-section.tsx'
import { useAct } from './use-act.ts'
import { useForm } from './use-form.ts'

type Added = { passkey: PasskeyView; recoveryCodes: string[] | null }

export function PasskeySection({ security }: { security: SecurityView }) {
  const { passkeys, totp, passkeysAvailable } = security
  const [codes, setCodes] = useState<readonly string[] | null>(null)
  const [naming, setNaming] = useState<PasskeyView | null>(null)
  const [removing, setRemoving] = useState<PasskeyView | null>(null)
  const { busy, act } = useAct()

  async function add() {
    const added = await act('No passkey was added', async () => {
      const answer = await makePasskey()
      return api<Added>('POST', '/account/passkeys', { name: thisDevice(), answer })
    })
    if (!added) return
    toast('The passkey is added')
    if (added.recoveryCodes) setCodes(added.recoveryCodes)
  }
  async function remove({ id, name }: PasskeyView) {
    setRemoving(null)
    const done = await act('The passkey wasn’t removed', async () => {
      await api('DELETE', `/account/passkeys/${encodeURIComponent(id)}`)
      return true
    })
    if (done) toast(`${name} can’t sign you in any more`)
  }

  if (!passkeysAvailable) {
    return (
      <p className="text-table text-faint">
        Passkeys need a host name, and this Tandem is reached by a bare IP address.
      </p>
    )
  }
  return (
    <div>
      {passkeys.length > 0 && (
        <ul aria-label="Passkeys" className="mb-3 divide-y divide-line rounded-md border border-line">
          {passkeys.map((passkey) => (
            <li
              key={passkey.id}
              className="flex min-h-14 flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2 text-table"
            >
              <KeyRound size={16} className="shrink-0 text-faint" aria-hidden />
              <div className="min-w-0 grow basis-40">
                <p className="truncate font-medium">{passkey.name}</p>
                <p className="text-muted">
                  {passkey.synced ? 'Synced' : 'On one device'} · added {shortDay(passkey.createdAt)} ·{' '}
                  {passkey.lastUsedAt ? `used ${ago(passkey.lastUsedAt)}` : 'not used yet'}
                </p>
              </div>
              <Button small onClick={() => setNaming(passkey)}>
                Rename
              </Button>
              <Button small look="ending" disabled={busy} onClick={() => setRemoving(passkey)}>
                Remove
              </Button>
            </li>
          ))}
        </ul>
      )}
      {passkeysHere() ? (
        <Button disabled={busy} onClick={() => void add()}>
          Add a passkey
        </Button>
      ) : (
        <p className="text-table text-faint">This browser has no passkeys.</p>
      )}
      <CodesDialog codes={codes} onClose={() => setCodes(null)} />
      <Dialog open={naming !== null} onClose={() => setNaming(null)} title="Rename the passkey">
        {naming && <NameForm passkey={naming} onDone={() => setNaming(null)} />}
      </Dialog>
      <Confirm
        open={removing !== null}
        onClose={() => setRemoving(null)}
        title={`Remove ${removing?.name ?? 'the passkey'}?`}
        description={
          passkeys.length === 1 && totp === null
            ? 'From then on your password alone signs you in, and your recovery codes are void.'
            : 'It can’t sign you in any more. Delete it on the device too, or it will go on offering itself.'
        }
        verb="Remove"
        onConfirm={() => removing && void remove(removing)}
      />
    </div>
  )
}

function NameForm({ passkey, onDone }: { passkey: PasskeyView; onDone: () => void }) {
  const form = useForm(async ({ name }) => {
    await api('PATCH', `/account/passkeys/${encodeURIComponent(passkey.id)}`, { name })
    await memory.invalidateQueries({ queryKey: ['security'] })
    onDone()
  })
  return (
    <form className="flex flex-col gap-3" onSubmit={form.onSubmit}>
      <TextField
        label="Name"
        name="name"
        defaultValue={passkey.name}
        maxLength={60}
        required
        autoFocus
        error={form.of('name')}
      />
      <FormProblem message={form.problem} />
      <Button type="submit" look="primary" className="self-start" disabled={form.busy}>
        Rename
      </Button>
    </form>
  )
}

/** What to call a passkey at first. A guess that she can change. */
function thisDevice(): string {
  const systems: [RegExp, string][] = [
    [/iPhone|iPad/, 'iPhone or iPad'],
    [/Android/, 'Android'],
    [/Mac OS X/, 'Mac'],
    [/Windows/, 'Windows'],
    [/CrOS/, 'Chromebook'],
    [/Linux/, 'Linux'],
  ]
  return systems.find(([pattern]) => pattern.test(navigator.userAgent))?.[1] ?? 'Passkey'
}
