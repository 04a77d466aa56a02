import type { SecurityView, TotpDraft } from '#contract'
import { useState, type ReactNode } from 'react'
import { api } from '../api/client.ts'
import { memory } from '../api/queries.ts'
import { Button } from '../ui/button.tsx'
import { Confirm, Dialog } from '../ui/dialog.tsx'
import { shortDay } from '../ui/time.ts'
import { toast } from '../ui/toast.tsx'
import { confirmed } from './confirmed.ts'
import { RecoveryCodes } from './recovery-codes.tsx'
import { TotpSetup } from './totp-setup.tsx'
import { useAct } from './use-act.ts'

type Showing = { kind: 'setup'; draft: TotpDraft } | { kind: 'codes'; codes: readonly string[] } | null

/** The authenticator app and the recovery codes. */
export function TwoStepSection({ security }: { security: SecurityView }) {
  const { totp, recoveryCodes, passkeys } = security
  const [showing, setShowing] = useState<Showing>(null)
  const [asking, setAsking] = useState<'remove' | 'renew' | null>(null)
  const { busy, act } = useAct()
  const hasFactor = totp !== null || passkeys.length > 0

  async function begin() {
    const draft = await act('The app wasn’t set up', () => api<TotpDraft>('POST', '/account/totp'))
    if (draft) setShowing({ kind: 'setup', draft })
  }
  async function confirmCode(code: string) {
    const { recoveryCodes: codes } = await confirmed(() =>
      api<{ recoveryCodes: string[] | null }>('POST', '/account/totp/confirm', { code }),
    )
    await memory.invalidateQueries({ queryKey: ['security'] })
    toast('Signing in asks for a code from now on')
    setShowing(codes ? { kind: 'codes', codes } : null)
  }
  async function remove() {
    setAsking(null)
    const done = await act('The app wasn’t removed', async () => {
      await api('DELETE', '/account/totp')
      return true
    })
    if (done) toast('The authenticator app is removed')
  }
  async function renew() {
    setAsking(null)
    const made = await act('No new codes were made', () =>
      api<{ recoveryCodes: string[] }>('POST', '/account/recovery-codes'),
    )
    if (made) setShowing({ kind: 'codes', codes: made.recoveryCodes })
  }

  return (
    <div className="divide-y divide-line rounded-md border border-line">
      <Line
        title="Authenticator app"
        words={totp ? `Since ${shortDay(totp.since)}` : 'A new code every half minute, on your phone'}
      >
        <Button small disabled={busy} onClick={() => void begin()}>
          {totp ? 'Change the phone' : 'Set up'}
        </Button>
        {totp && (
          <Button small look="ending" disabled={busy} onClick={() => setAsking('remove')}>
            Remove
          </Button>
        )}
      </Line>
      {hasFactor && (
        <Line
          title="Recovery codes"
          words={recoveryCodes === 0 ? 'None left: make new ones' : `${recoveryCodes} left`}
        >
          <Button small disabled={busy} onClick={() => setAsking('renew')}>
            New codes
          </Button>
        </Line>
      )}
      <Dialog
        open={showing?.kind === 'setup'}
        onClose={() => setShowing(null)}
        title="Set up an authenticator app"
      >
        {showing?.kind === 'setup' && <TotpSetup draft={showing.draft} onCode={confirmCode} />}
      </Dialog>
      <CodesDialog
        codes={showing?.kind === 'codes' ? showing.codes : null}
        onClose={() => setShowing(null)}
      />
      <Confirm
        open={asking === 'remove'}
        onClose={() => setAsking(null)}
        title="Remove the authenticator app?"
        description={
          passkeys.length > 0
            ? 'Signing in with your password asks for a passkey or a recovery code instead.'
            : 'From then on your password alone signs you in, and your recovery codes are void.'
        }
        verb="Remove"
        onConfirm={() => void remove()}
      />
      <Confirm
        open={asking === 'renew'}
        onClose={() => setAsking(null)}
        title="Make new recovery codes?"
        description={`The ${recoveryCodes} that you have stop working.`}
        verb="Make new codes"
        onConfirm={() => void renew()}
      />
    </div>
  )
}

/** Recovery codes, shown once. */
export function CodesDialog({ codes, onClose }: { codes: readonly string[] | null; onClose: () => void }) {
  return (
    <Dialog open={codes !== null} onClose={onClose} insists title="Keep your recovery codes">
      {codes && <RecoveryCodes codes={codes} onDone={onClose} />}
    </Dialog>
  )
}

function Line({ title, words, children }: { title: string; words: string; children: ReactNode }) {
  return (
    <div className="flex min-h-14 flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2 text-table">
      <div className="min-w-0 grow">
        <p className="truncate font-medium">{title}</p>
        <p className="text-muted">{words}</p>
      </div>
      {children}
    </div>
  )
}
