import type { Condition, FieldView, ObjectView } from '#contract'
import { ListFilter, Plus, X } from 'lucide-react'
import { useState } from 'react'
import { Button } from '../../ui/button.tsx'
import { ChoiceField } from '../../ui/choice.tsx'
import { Popover } from '../../ui/popup.tsx'
import { operatorWords, operatorsOf, takesList, takesValue } from '../fields/operators.ts'
import { PickList } from '../fields/parts/pick-list.tsx'
import { fieldUi } from '../fields/registry.ts'

type Props = {
  object: ObjectView
  filter: readonly Condition[]
  adding: boolean
  onAdding: (adding: boolean) => void
  onChange: (filter: Condition[]) => void
}

/** Conditions as chips; all must hold. */
export function FilterBar({ object, filter, adding, onAdding, onChange }: Props) {
  const [fresh, setFresh] = useState<number | null>(null)
  const filterable = object.fields.filter((field) => operatorsOf(field).length > 0)

  function add(name: string) {
    const field = filterable.find((one) => one.name === name)
    const op = field && operatorsOf(field)[0]
    if (!op) return
    onAdding(false)
    setFresh(filter.length)
    onChange([...filter, { field: name, op }])
  }

  return (
    <div
      className="flex min-h-10 shrink-0 flex-wrap items-center gap-1.5 border-b border-line px-3 py-1.5 sm:px-4"
      role="group"
      aria-label="Filters"
    >
      {filter.map((condition, at) => {
        const field = object.fields.find((one) => one.name === condition.field)
        if (!field) return null
        return (
          <Chip
            key={`${at}-${condition.field}`}
            field={field}
            condition={condition}
            openAtFirst={fresh === at}
            onChange={(next) => onChange(filter.map((one, other) => (other === at ? next : one)))}
            onRemove={() => onChange(filter.filter((_, other) => other !== at))}
          />
        )
      })}
      <Popover
        label="Add a filter"
        open={adding}
        onOpenChange={onAdding}
        trigger={
          <Button small look="quiet" title="Filter ( / )">
            {filter.length === 0 ? <ListFilter size={14} aria-hidden /> : <Plus size={14} aria-hidden />}{' '}
            Filter
          </Button>
        }
      >
        <PickList
          label="Field to filter by"
          chosen={[]}
          picks={filterable.map((field) => {
            const Icon = fieldUi(field).icon
            return {
              key: field.name,
              label: field.label,
              show: (
                <>
                  <Icon size={14} className="shrink-0 text-faint" aria-hidden /> {field.label}
                </>
              ),
            }
          })}
          onPick={add}
          onCancel={() => onAdding(false)}
        />
      </Popover>
      {filter.length > 1 && (
        <Button small look="quiet" onClick={() => onChange([])}>
          Clear
        </Button>
      )}
    </div>
  )
}

type ChipProps = {
  field: FieldView
  condition: Condition
  openAtFirst: boolean
  onChange: (condition: Condition) => void
  onRemove: () => void
}

function Chip({ field, condition, openAtFirst, onChange, onRemove }: ChipProps) {
  const [open, setOpen] = useState(openAtFirst)
  const { FilterInput, FilterWords } = fieldUi(field)
  const { op, value } = condition

  function withOperator(next: string) {
    const operator = operatorsOf(field).find((one) => one === next)
    if (!operator) return
    if (!takesValue(operator)) return onChange({ field: field.name, op: operator })
    // A value survives when it still has the right shape; `within` takes spans, others don't.
    const keep =
      value !== undefined &&
      takesList(op) === takesList(operator) &&
      (op === 'within') === (operator === 'within')
    onChange({ field: field.name, op: operator, ...(keep && { value }) })
  }
  return (
    <span className="flex h-7 max-w-full items-center overflow-hidden rounded-md border border-accent-line bg-accent-soft text-table pointer-coarse:h-10">
      <Popover
        label={`Filter by ${field.label}`}
        open={open}
        onOpenChange={setOpen}
        trigger={
          <button
            type="button"
            className="flex h-full min-w-0 items-center gap-1 pr-1 pl-2 -outline-offset-2"
          >
            <span className="shrink-0 font-medium">{field.label}</span>
            <span className="shrink-0 text-muted">{operatorWords(field, op)}</span>
            {takesValue(op) && (
              <span className="min-w-0 truncate font-medium">
                {value === undefined || value === null ? '…' : <FilterWords field={field} value={value} />}
              </span>
            )}
          </button>
        }
      >
        <div className="flex flex-col gap-2">
          <ChoiceField
            small
            label={`${field.label}: operator`}
            value={op}
            choices={operatorsOf(field).map((one) => ({ value: one, label: operatorWords(field, one) }))}
            className="w-full"
            onChange={withOperator}
          />
          {takesValue(op) && (
            <FilterInput
              key={op}
              field={field}
              op={op}
              value={value}
              onChange={(next) => onChange(withValue(field.name, op, next))}
            />
          )}
        </div>
      </Popover>
      <button
        type="button"
        aria-label={`Remove the filter on ${field.label}`}
        className="flex h-full w-6 shrink-0 items-center justify-center text-muted -outline-offset-2 hover:text-ink pointer-coarse:w-10"
        onClick={onRemove}
      >
        <X size={13} />
      </button>
    </span>
  )
}

function withValue(field: string, op: Condition['op'], value: unknown): Condition {
  return isFilterValue(value) ? { field, op, value } : { field, op }
}

type Scalar = string | number | boolean
const isScalar = (value: unknown): value is Scalar => ['string', 'number', 'boolean'].includes(typeof value)
function isFilterValue(value: unknown): value is Scalar | Scalar[] {
  return isScalar(value) || (Array.isArray(value) && value.every(isScalar))
}
