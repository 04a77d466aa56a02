import type { UpstreamDetail } from '#contract'
import { useNavigate } from '@tanstack/react-router'
import { Ellipsis, Power, RefreshCw, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { memory } from '../../api/queries.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { Confirm } from '../../ui/dialog.tsx'
import { Menu } from '../../ui/popup.tsx'
import { toast } from '../../ui/toast.tsx'
import { useUpstreamAct } from './upstreams.ts'

/** Check it, turn it off, remove it. */
export function UpstreamActions({ upstream }: { upstream: UpstreamDetail }) {
  const { id, title, enabled, liveGrants } = upstream
  const navigate = useNavigate()
  const { busy, act } = useUpstreamAct()
  const [asking, setAsking] = useState<'off' | 'remove' | null>(null)
  const [checking, setChecking] = useState(false)
  const path = `/upstreams/${id}`

  async function check() {
    setChecking(true)
    const found = await act('It could not be checked', () =>
      api<{ upstream: UpstreamDetail; needsCredential: boolean }>('POST', `${path}/check`, {}),
    )
    setChecking(false)
    if (!found) return
    const { health, counts } = found.upstream
    if (health.state === 'trouble')
      toast('It is in trouble', { description: health.trouble ?? '', tone: 'problem' })
    else if (found.needsCredential)
      toast('It answers', { description: 'To see its tools Tandem needs a credential of yours.' })
    else
      toast(counts.waiting > 0 ? `It is well, and ${counts.waiting} of its tools wait for you` : 'It is well')
  }
  async function turn(on: boolean) {
    const done = await act('Nothing was changed', () => api('PATCH', path, { enabled: on }).then(() => true))
    setAsking(null)
    if (done) toast(on ? `${title} is on` : `${title} is off`)
  }
  async function remove() {
    const done = await act('It was not removed', () => api('DELETE', path).then(() => true))
    setAsking(null)
    if (!done) return
    toast(`${title} is removed`)
    void memory.invalidateQueries({ queryKey: ['grants'] })
    await navigate({ to: '/settings/upstreams', replace: true })
  }
  return (
    <div className="flex items-center gap-2">
      {enabled ? (
        <Button small disabled={busy} onClick={() => void check()}>
          <RefreshCw size={14} aria-hidden /> {checking ? 'Asking it…' : 'Check again'}
        </Button>
      ) : (
        <Button small look="primary" disabled={busy} onClick={() => void turn(true)}>
          Turn on
        </Button>
      )}
      <Menu
        align="end"
        trigger={
          <IconButton label={`More about ${title}`}>
            <Ellipsis size={16} />
          </IconButton>
        }
        entries={[
          ...(enabled
            ? [{ label: 'Turn off…', icon: <Power size={15} />, onSelect: () => setAsking('off') }]
            : []),
          { label: 'Remove…', icon: <Trash2 size={15} />, danger: true, onSelect: () => setAsking('remove') },
        ]}
      />
      <Confirm
        open={asking === 'off'}
        onClose={() => setAsking(null)}
        title={`Turn ${title} off?`}
        description="The next call of every agent is refused. What people allowed and their keys stay, for when you turn it on."
        verb="Turn off"
        busy={busy}
        onConfirm={() => void turn(false)}
      />
      <Confirm
        open={asking === 'remove'}
        onClose={() => setAsking(null)}
        title={`Remove ${title}?`}
        description={`${endingWords(liveGrants)} The keys that people gave for it are deleted. What was done through it stays in the record.`}
        verb={liveGrants > 0 ? `Remove it and end ${permissions(liveGrants)}` : 'Remove'}
        busy={busy}
        onConfirm={() => void remove()}
      />
    </div>
  )
}

export function permissions(count: number): string {
  return count === 1 ? 'one permission' : `${count.toLocaleString()} permissions`
}

function endingWords(count: number): string {
  if (count === 0) return 'No app has access to it now.'
  return count === 1
    ? 'One app has access to it now, and loses it at once.'
    : `${count.toLocaleString()} permissions for it end at once.`
}
