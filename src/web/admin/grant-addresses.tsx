import type { GrantView } from '#contract'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { FormProblem } from '../account/form-problem.tsx'
import { api, sentence } from '../api/client.ts'
import { memory } from '../api/queries.ts'
import { AddressField, addressesIn } from '../connected-apps/address-field.tsx'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { toast } from '../ui/toast.tsx'

type Props = { grant: GrantView; person: string }

/** Where a permission may be used from: anywhere until somebody limits it, and then never from more places. */
export function GrantAddresses({ grant, person }: Props) {
  const [open, setOpen] = useState(false)
  const { addresses } = grant.limits
  const shown = addresses ? counted(addresses.length) : 'Anywhere'
  return (
    <>
      <button
        type="button"
        onClick={() => setOpen(true)}
        aria-label={`${shown}: where ${grant.client.name} of ${person} may be used from`}
        title={addresses?.join('\n')}
        className="font-medium text-accent underline-offset-2 hover:underline"
      >
        {shown}
      </button>
      <Dialog
        open={open}
        onClose={() => setOpen(false)}
        title={`Where ${grant.client.name} may be used from`}
        description={`Holds for ${person}’s permission from its next request on. Addresses can be taken away later, not added: for more, ${person} connects the app again.`}
      >
        <Form grant={grant} onDone={() => setOpen(false)} />
      </Dialog>
    </>
  )
}

function Form({ grant, onDone }: { grant: GrantView; onDone: () => void }) {
  const [text, setText] = useState(grant.limits.addresses?.join('\n') ?? '')
  const save = useMutation({
    mutationFn: (addresses: string[]) =>
      api('PATCH', `/grants/${encodeURIComponent(grant.id)}`, { addresses }),
    onSuccess: () => {
      onDone()
      toast(`${grant.client.name} may be used from there alone`)
      return memory.invalidateQueries({ queryKey: ['grants'] })
    },
  })
  const addresses = addressesIn(text)
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate(addresses)
      }}
    >
      <AddressField value={text} onChange={setText} />
      <FormProblem message={save.error && `Nothing was changed: ${sentence(save.error)}`} />
      <div className="flex justify-end gap-2">
        <Button onClick={onDone}>Keep as it is</Button>
        <Button type="submit" look="primary" disabled={addresses.length === 0 || save.isPending}>
          Limit
        </Button>
      </div>
    </form>
  )
}

function counted(number: number): string {
  return number === 1 ? '1 address' : `${number} addresses`
}
