import type { UpstreamDetail } from '#contract'
import { useState } from 'react'
import { confirmed, NotConfirmed } from '../../account/confirmed.ts'
import { FormProblem } from '../../account/form-problem.tsx'
import { useForm } from '../../account/use-form.ts'
import { api } from '../../api/client.ts'
import { memory } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/dialog.tsx'
import { Notice } from '../../ui/states.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { toast } from '../../ui/toast.tsx'
import { TextLines } from '../apps/text-lines.tsx'
import { AuthFields, authOf } from './auth-fields.tsx'
import type { AuthKind } from './auth-fields.tsx'
import { permissions } from './upstream-actions.tsx'

const figures = [
  { name: 'timeoutSeconds', label: 'Seconds until an answer begins', max: 600 },
  { name: 'atOnce', label: 'Calls at once', max: 1000 },
  { name: 'atOnceEach', label: 'Calls at once, of one person', max: 100 },
] as const

/** What an administrator changes of an upstream; asks first when that makes it another one. */
export function UpstreamForm({ upstream, onDone }: { upstream: UpstreamDetail; onDone: () => void }) {
  const { kind, limits, liveGrants } = upstream
  const [auth, setAuth] = useState<AuthKind>(upstream.auth.kind)
  const [asking, setAsking] = useState<{ yes: () => void; no: () => void } | null>(null)

  const moves = (values: Record<string, string>) =>
    auth !== upstream.auth.kind || (kind !== 'stdio' && values['url']?.trim() !== upstream.url)
  async function save(values: Record<string, string>) {
    const { title = '', url = '', addresses = '', baseUrls = '', credential = '' } = values
    const number = (name: string) => Number(values[name])
    const body = {
      title: title.trim(),
      ...(kind !== 'stdio' && url.trim() !== upstream.url && { url: url.trim() }),
      ...(kind === 'twenty' && { baseUrls: baseUrls.split(/\s+/).filter(Boolean) }),
      auth: authOf(auth, values),
      limits: {
        ...limits,
        ...Object.fromEntries(figures.map(({ name }) => [name, number(name)])),
        callsPerMinute: values['callsPerMinute'] ? number('callsPerMinute') : undefined,
      },
      ipAllowlist: addresses.split(/[\s,]+/).filter(Boolean),
      ...(auth === 'header' && credential.trim() && { credential: credential.trim() }),
    }
    await confirmed(() => api('PATCH', `/upstreams/${upstream.id}`, body))
    toast(`${title.trim()} is changed`)
    await memory.invalidateQueries({ queryKey: ['upstreams'] })
    onDone()
  }
  const form = useForm(async (values) => {
    if (moves(values))
      await new Promise<void>((resolve, reject) =>
        setAsking({ yes: resolve, no: () => reject(new NotConfirmed()) }),
      )
    await save(values)
  })
  const { of } = form
  const answer = (yes: boolean) => {
    if (yes) asking?.yes()
    else asking?.no()
    setAsking(null)
  }

  return (
    <form className="flex max-w-xl flex-col gap-5" onSubmit={form.onSubmit}>
      <TextField
        label="Title"
        name="title"
        defaultValue={upstream.title}
        autoFocus
        required
        maxLength={80}
        autoComplete="off"
        error={of('title')}
      />
      {kind !== 'stdio' && (
        <TextField
          label="Address"
          name="url"
          type="url"
          defaultValue={upstream.url ?? ''}
          required
          maxLength={2000}
          autoComplete="off"
          error={of('url')}
        />
      )}
      {kind === 'twenty' && (
        <TextLines
          label="Other workspaces that people’s keys may be for, one a line"
          name="baseUrls"
          defaultValue={upstream.baseUrls.join('\n')}
          error={of('baseUrls')}
        />
      )}
      <AuthFields kind={kind} chosen={auth} onChoose={setAuth} now={upstream.auth} of={of} />
      {auth === 'header' && (
        <TextField
          label="Secret"
          name="credential"
          type="password"
          required={upstream.credential === null || auth !== upstream.auth.kind}
          autoComplete="off"
          maxLength={8000}
          hint={
            upstream.credential === null
              ? 'All that goes into the header, “Bearer” too where it wants that.'
              : 'Leave it empty to keep the one that is there.'
          }
          error={of('credential')}
        />
      )}
      <TextLines
        label="Addresses that agents may come from, one a line"
        name="addresses"
        defaultValue={upstream.ipAllowlist.join('\n')}
        placeholder="192.0.2.0/24"
        hint="IPv4 or IPv6, single or as a range. Leave it empty for everywhere."
        error={of('ipAllowlist')}
      />
      <fieldset className="grid gap-4 sm:grid-cols-2">
        <legend className="mb-2 text-table font-medium">Limits</legend>
        {figures.map(({ name, label, max }) => (
          <TextField
            key={name}
            label={label}
            name={name}
            type="number"
            min={1}
            max={max}
            required
            defaultValue={String(limits[name])}
          />
        ))}
        <TextField
          label="Calls a minute, of one app"
          name="callsPerMinute"
          type="number"
          min={1}
          max={1_000_000}
          defaultValue={limits.callsPerMinute === undefined ? '' : String(limits.callsPerMinute)}
          placeholder="as everywhere"
        />
      </fieldset>
      <FormProblem message={form.problem} />
      {auth !== upstream.auth.kind && (
        <Notice>
          With another way in it counts as another server: what people allowed ends, and their keys are
          deleted.
        </Notice>
      )}
      <div className="flex items-center gap-2">
        <Button type="submit" look="primary" disabled={form.busy}>
          Save
        </Button>
        <Button onClick={onDone}>Cancel</Button>
        <span role="status" className="text-table text-muted">
          {form.busy && asking === null && 'Saving…'}
        </span>
      </div>
      <Confirm
        open={asking !== null}
        onClose={() => answer(false)}
        title={`Start over with ${upstream.title}?`}
        description={`With another address or way in it counts as another server. ${liveGrants === 0 ? 'No app has access to it now.' : `All access to it ends: ${permissions(liveGrants)}.`} The keys for it are deleted, and its tools wait for your review again.`}
        verb={liveGrants > 0 ? `Change it and end ${permissions(liveGrants)}` : 'Change it'}
        onConfirm={() => answer(true)}
      />
    </form>
  )
}
