import { reachesRecords } from '#contract'
import type { GrantNarrowing, GrantView } from '#contract'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { FormProblem } from '../account/form-problem.tsx'
import { objectsOptions } from '../api/queries.ts'
import { has, impliedBy } from '../consent/capabilities.ts'
import { Button } from '../ui/button.tsx'
import { ChoiceField } from '../ui/choice.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Switch } from '../ui/switch.tsx'
import { AddressField, addressesIn } from './address-field.tsx'
import { shortDay } from '../ui/time.ts'

const day = 86_400_000
const lengths = [1, 7, 30, 90]

type Props = {
  grant: GrantView
  open: boolean
  busy: boolean
  /** Why it wasn’t done. */
  problem: string | null
  onClose: () => void
  onNarrow: (to: GrantNarrowing) => void
}

/** Takes something away from an app. Nothing can be added here. */
export function NarrowDialog(props: Props) {
  const { grant, open, onClose } = props
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={`What ${grant.client.name} may still do`}
      description="Holds from its next request on, also for what it has in its hands already. To allow more again, connect it again."
    >
      <Choices {...props} />
    </Dialog>
  )
}

function Choices({ grant, busy, problem, onClose, onNarrow }: Props) {
  const { data: known = [] } = useQuery(objectsOptions)
  const given = grant.scopes.map(({ scope }) => scope)
  const [scopes, setScopes] = useState<readonly string[]>(given)
  const reach = reachesRecords(grant) ? (grant.limits.objects ?? known.map(({ name }) => name)) : []
  const [taken, setTaken] = useState<ReadonlySet<string>>(new Set())
  const [days, setDays] = useState('')
  const [places, setPlaces] = useState(grant.limits.addresses?.join('\n') ?? '')

  const objects = reach.filter((name) => !taken.has(name))
  const fewer = scopes.length < given.length
  const addresses = addressesIn(places)
  const moved = addresses.length > 0 && addresses.join() !== grant.limits.addresses?.join()
  const changed = fewer || taken.size > 0 || days !== '' || moved
  const nothing = scopes.length === 0 || (reach.length > 0 && objects.length === 0)

  function toggle(name: string, on: boolean) {
    const next = new Set(taken)
    if (on) next.delete(name)
    else next.add(name)
    setTaken(next)
  }
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        onNarrow({
          ...(fewer && { scopes: [...scopes] }),
          ...(taken.size > 0 && { objects }),
          ...(moved && { addresses }),
          ...(days !== '' && { until: new Date(Date.now() + Number(days) * day).toISOString() }),
        })
      }}
    >
      <fieldset>
        <legend className="text-table font-medium text-muted">What it may do</legend>
        {grant.scopes.map(({ scope, words }) => (
          <Switch
            key={scope}
            label={words}
            checked={has(scope, scopes)}
            disabled={impliedBy(scope, scopes)}
            hint={impliedBy(scope, scopes) ? 'Included in what else is on' : undefined}
            onChange={(on) => setScopes(given.filter((one) => (one === scope ? on : scopes.includes(one))))}
          />
        ))}
      </fieldset>
      {reach.length > 0 && (
        <fieldset>
          <legend className="text-table font-medium text-muted">Where</legend>
          {reach.map((name) => (
            <Switch
              key={name}
              label={known.find((object) => object.name === name)?.labelPlural ?? name}
              checked={!taken.has(name)}
              onChange={(on) => toggle(name, on)}
            />
          ))}
        </fieldset>
      )}
      <div className="flex items-center justify-between gap-4">
        <span className="text-sm">How long</span>
        <ChoiceField
          label="How long"
          className="w-48"
          value={days}
          choices={[
            { value: '', label: grant.expiresAt ? `Until ${shortDay(grant.expiresAt)}, as now` : 'As now' },
            ...lengths
              .filter((one) => isEarlier(one, grant))
              .map((one) => ({
                value: String(one),
                label: one === 1 ? 'One more day' : `${one} more days`,
              })),
          ]}
          onChange={setDays}
        />
      </div>
      <AddressField value={places} onChange={setPlaces} />
      <FormProblem message={problem} />
      {nothing && (
        <p role="status" className="text-table text-amber">
          Leave at least one thing it may do. To take away everything, end its access.
        </p>
      )}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Keep as it is</Button>
        <Button type="submit" look="primary" disabled={!changed || nothing || busy}>
          Take away
        </Button>
      </div>
    </form>
  )
}

function isEarlier(days: number, { expiresAt }: GrantView): boolean {
  return expiresAt === null || Date.now() + days * day < Date.parse(expiresAt)
}
