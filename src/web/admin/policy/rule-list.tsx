import type { PolicyOutcome, PolicyRule } from '#contract'
import { ArrowDown, ArrowUp, GripVertical, Pencil, Trash2 } from 'lucide-react'
import { useState, type KeyboardEvent } from 'react'
import { IconButton } from '../../ui/button.tsx'
import { toast } from '../../ui/toast.tsx'
import { ceilingWords, conditionWords, moved, outcomeNames } from './rule-words.ts'

type Props = {
  rules: readonly PolicyRule[]
  onChange: (rules: PolicyRule[]) => void
  onEdit: (at: number) => void
}

/** The rules in their order. Drag a row, or Alt with an arrow key; the buttons do the same. */
export function RuleList({ rules, onChange, onEdit }: Props) {
  const [dragged, setDragged] = useState<number | null>(null)
  const [over, setOver] = useState<number | null>(null)
  const [said, setSaid] = useState('')

  function move(from: number, to: number) {
    if (to < 0 || to >= rules.length) return
    onChange(moved(rules, from, to))
    setSaid(`${rules[from]?.name ?? ''} is now rule ${to + 1} of ${rules.length}`)
    // A row that moves in the document loses the focus: whoever moves on by keyboard keeps it.
    const held = document.activeElement
    if (held instanceof HTMLElement) requestAnimationFrame(() => held.focus())
  }
  function onKeyDown(event: KeyboardEvent, at: number) {
    if (!event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return
    event.preventDefault()
    move(at, event.key === 'ArrowUp' ? at - 1 : at + 1)
  }
  function remove(at: number) {
    const before = [...rules]
    onChange(rules.filter((_, place) => place !== at))
    toast(`${rules[at]?.name ?? 'The rule'} is out of the draft`, {
      action: { label: 'Put it back', run: () => onChange(before) },
    })
  }

  return (
    <>
      <p role="status" className="sr-only">
        {said}
      </p>
      <ol aria-label="Rules" className="divide-y divide-line rounded-md border border-line empty:hidden">
        {rules.map((rule, at) => (
          <li
            key={rule.name}
            draggable
            onDragStart={() => setDragged(at)}
            onDragOver={(event) => {
              event.preventDefault()
              setOver(at)
            }}
            onDragEnd={() => {
              setDragged(null)
              setOver(null)
            }}
            onDrop={() => dragged !== null && move(dragged, at)}
            onKeyDown={(event) => onKeyDown(event, at)}
            data-over={over === at && dragged !== null && dragged !== at}
            className="flex items-start gap-2 px-3 py-2.5 data-[over=true]:bg-accent-soft max-sm:flex-wrap"
          >
            <GripVertical
              size={16}
              className="mt-1 shrink-0 cursor-grab text-faint max-sm:hidden"
              aria-hidden
            />
            <span className="mt-0.5 w-5 shrink-0 text-right text-table text-faint tabular-nums">
              {at + 1}
            </span>
            <div className="min-w-0 grow basis-60 text-table">
              <p className="[overflow-wrap:anywhere]">
                {conditionWords(rule.when)} <Outcome outcome={rule.outcome} />
              </p>
              <p className="mt-0.5 text-muted [overflow-wrap:anywhere]">
                {rule.why}{' '}
                <span className="text-faint">{[rule.name, ...ceilingWords(rule.ceilings)].join(' · ')}</span>
              </p>
            </div>
            <div className="flex shrink-0 max-sm:ml-7">
              <IconButton label={`Move ${rule.name} up`} disabled={at === 0} onClick={() => move(at, at - 1)}>
                <ArrowUp size={15} />
              </IconButton>
              <IconButton
                label={`Move ${rule.name} down`}
                disabled={at === rules.length - 1}
                onClick={() => move(at, at + 1)}
              >
                <ArrowDown size={15} />
              </IconButton>
              <IconButton label={`Edit ${rule.name}`} onClick={() => onEdit(at)}>
                <Pencil size={15} />
              </IconButton>
              <IconButton label={`Remove ${rule.name}`} onClick={() => remove(at)}>
                <Trash2 size={15} />
              </IconButton>
            </div>
          </li>
        ))}
      </ol>
    </>
  )
}

const looks: Record<PolicyOutcome, string> = {
  allow: 'bg-accent-soft text-accent',
  ask: 'bg-amber-soft text-amber',
  refuse: 'bg-danger-soft text-danger',
}

export function Outcome({ outcome }: { outcome: PolicyOutcome }) {
  return (
    <span
      className={`inline-block rounded-sm px-1.5 text-xs leading-5 font-medium whitespace-nowrap ${looks[outcome]}`}
    >
      {outcomeNames[outcome]}
    </span>
  )
}
