import type { UpstreamKeyView } from '#contract'
import { useRef, useState } from 'react'
import { sentence } from '../api/client.ts'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/dialog.tsx'
import { ago, fullTime } from '../ui/time.ts'
import { toast } from '../ui/toast.tsx'
import { CredentialRow } from './credential-row.tsx'
import { KeyForm } from './key-form.tsx'
import { checkKey, forgetKey, refreshKeys } from './keys.ts'

/** A server that wants her own key: add, replace, check, remove. */
export function KeyRow({ upstream }: { upstream: UpstreamKeyView }) {
  const [open, setOpen] = useState<'form' | 'removal' | null>(null)
  const [busy, setBusy] = useState(false)
  const opener = useRef<HTMLButtonElement>(null)
  const remover = useRef<HTMLButtonElement>(null)
  const close = () => {
    setOpen(null)
    opener.current?.focus()
  }
  const { title, hasKey, broken, enabled, addresses } = upstream

  async function act(failed: string, work: () => Promise<string>) {
    setBusy(true)
    try {
      toast(await work())
      await refreshKeys()
    } catch (error) {
      toast(failed, { description: sentence(error), tone: 'problem' })
    } finally {
      setBusy(false)
      setOpen(null)
    }
  }
  const check = () =>
    act('The key wasn’t checked', async () => {
      const found = await checkKey(upstream)
      return found.broken === null ? `${title} takes your key` : `${title} doesn’t take your key`
    })
  const remove = () =>
    act('The key is still there', async () => {
      await forgetKey(upstream)
      return `Tandem has no key of yours for ${title} any more`
    })

  return (
    <CredentialRow
      title={title}
      where={upstream.baseUrl ?? addresses[0] ?? 'A program on this server'}
      tone={broken !== null ? 'broken' : hasKey ? 'good' : 'none'}
      state={<State upstream={upstream} />}
      actions={
        <>
          {hasKey && enabled && broken !== null && (
            <Button small disabled={busy} onClick={() => void check()}>
              {busy ? 'Asking it…' : 'Check again'}
            </Button>
          )}
          {enabled && (
            <Button
              small
              ref={opener}
              look={(hasKey && broken === null) || open === 'form' ? 'plain' : 'primary'}
              disabled={busy}
              aria-expanded={open === 'form'}
              onClick={() => (open === 'form' ? close() : setOpen('form'))}
            >
              {hasKey ? 'Replace' : 'Add key'}
            </Button>
          )}
          {hasKey && (
            <Button small ref={remover} look="ending" disabled={busy} onClick={() => setOpen('removal')}>
              Remove
            </Button>
          )}
        </>
      }
    >
      {open === 'form' && <KeyForm upstream={upstream} onClose={close} />}
      <Confirm
        open={open === 'removal'}
        onClose={() => setOpen(null)}
        title={`Remove your key for ${title}?`}
        description={`Apps that use ${title} in your name stop working until you add a key again. At ${title} itself the key stays good: end it there too if you don’t need it.`}
        verb="Remove"
        busy={busy}
        onConfirm={() => void remove()}
        after={() => remover.current ?? opener.current}
      />
    </CredentialRow>
  )
}

function State({ upstream: { hasKey, updatedAt, broken, enabled } }: { upstream: UpstreamKeyView }) {
  if (!enabled) return <>Switched off by an administrator; your key waits</>
  if (broken !== null) return <>Doesn’t work: {broken}</>
  if (!hasKey || updatedAt === null) return <>No key yet</>
  return (
    <>
      Key kept{' '}
      <time dateTime={updatedAt} title={fullTime(updatedAt)}>
        {ago(updatedAt)}
      </time>
    </>
  )
}
