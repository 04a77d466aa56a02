import type { UpstreamKeyView } from '#contract'
import { useState } from 'react'
import { confirmed } from '../account/confirmed.ts'
import { FormProblem } from '../account/form-problem.tsx'
import { useForm } from '../account/use-form.ts'
import { Button } from '../ui/button.tsx'
import { ChoiceField } from '../ui/choice.tsx'
import { TextField } from '../ui/text-field.tsx'
import { toast } from '../ui/toast.tsx'
import { keepKey, refreshKeys } from './keys.ts'

/** Takes a key once. It is asked about at its server, and never comes back from here. */
export function KeyForm({ upstream, onClose }: { upstream: UpstreamKeyView; onClose: () => void }) {
  const { title, addresses, hasKey } = upstream
  const [address, setAddress] = useState(upstream.baseUrl ?? addresses[0] ?? '')
  const form = useForm(async ({ apiKey = '' }) => {
    const baseUrl = addresses.length > 1 ? { baseUrl: address } : {}
    await confirmed(() => keepKey({ upstream: upstream.upstream, apiKey, ...baseUrl }))
    onClose()
    toast(hasKey ? `${title} has your new key` : `${title} takes your key`)
    await refreshKeys()
  })
  return (
    <form
      className="flex flex-col gap-3 border-t border-line bg-surface px-4 py-4"
      onSubmit={form.onSubmit}
      onKeyDown={({ key }) => key === 'Escape' && !form.busy && onClose()}
    >
      {addresses.length > 1 && (
        <div className="flex flex-col gap-1">
          <span className="text-table font-medium">Which one the key is for</span>
          <ChoiceField
            label="Which one the key is for"
            value={address}
            choices={addresses.map((value) => ({ value, label: value }))}
            onChange={setAddress}
          />
          {form.of('baseUrl') && <span className="text-xs text-danger">{form.of('baseUrl')}</span>}
        </div>
      )}
      <TextField
        label={`Your key for ${title}`}
        name="apiKey"
        type="password"
        autoComplete="off"
        spellCheck={false}
        maxLength={10_000}
        required
        autoFocus
        disabled={form.busy}
        hint={`Tandem asks ${title} whether it is good, then seals it. Nobody sees it again, you neither; apps never do.`}
        error={form.of('apiKey')}
      />
      <FormProblem message={form.of('apiKey') ? null : form.problem} />
      <div className="flex flex-wrap items-center gap-2">
        <Button type="submit" look="primary" disabled={form.busy}>
          {form.busy ? 'Asking it…' : 'Check and keep'}
        </Button>
        <Button onClick={onClose} disabled={form.busy}>
          Cancel
        </Button>
        <span role="status" className="sr-only">
          {form.busy ? `Asking ${title} whether the key is good` : ''}
        </span>
      </div>
    </form>
  )
}
