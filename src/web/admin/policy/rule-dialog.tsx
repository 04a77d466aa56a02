import type { PolicyOutcome, PolicyRule, PolicyView } from '#contract'
import { useRef, useState, type FormEvent } from 'react'
import { Button } from '../../ui/button.tsx'
import { ChoiceField } from '../../ui/choice.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { ConditionFields } from './condition-fields.tsx'
import { CeilingFields } from './ceiling-fields.tsx'
import { fromForm, missing, toForm, type RuleForm } from './rule-form.ts'
import { outcomeNames } from './rule-words.ts'

type Props = {
  rule: PolicyRule
  /** Names of the other rules. */
  taken: readonly string[]
  view: PolicyView
  onClose: () => void
  onDone: (rule: PolicyRule) => void
}

/** One rule: when it holds, what it does, what it holds the app to. */
export function RuleDialog({ rule, taken, view, onClose, onDone }: Props) {
  const [form, setForm] = useState<RuleForm>(() => toForm(rule))
  const name = useRef<HTMLInputElement>(null)
  const [tried, setTried] = useState(false)
  const problems = tried ? missing(form, taken) : {}
  const set = (change: Partial<RuleForm>) => setForm({ ...form, ...change })

  function onSubmit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    setTried(true)
    if (Object.keys(missing(form, taken)).length === 0) return onDone(fromForm(form))
    // What is missing may have scrolled away.
    const { currentTarget } = event
    requestAnimationFrame(() => currentTarget.querySelector<HTMLElement>('[aria-invalid=true]')?.focus())
  }

  return (
    <Dialog
      open
      first={name}
      onClose={onClose}
      title={rule.name === '' ? 'Add a rule' : `Edit ${rule.name}`}
      description="It holds when everything you choose here holds."
    >
      <form className="flex flex-col gap-4" onSubmit={onSubmit} noValidate>
        <div className="flex flex-wrap gap-3">
          <div className="min-w-44 grow">
            <TextField
              label="Name"
              value={form.name}
              autoComplete="off"
              spellCheck={false}
              ref={name}
              error={problems.name}
              onValueChange={(name) => set({ name: String(name) })}
            />
          </div>
          <div className="flex flex-col gap-1">
            <span className="text-table font-medium">What it does</span>
            <ChoiceField
              label="What it does"
              value={form.outcome}
              choices={Object.entries(outcomeNames).map(([value, label]) => ({ value, label }))}
              className="w-48"
              onChange={(outcome) => set({ outcome: outcome as PolicyOutcome })}
            />
          </div>
        </div>
        <TextField
          label="Why, in a sentence"
          value={form.why}
          error={problems.why}
          hint="Shown to whoever is turned away or waits."
          onValueChange={(why) => set({ why: String(why) })}
        />
        <ConditionFields form={form} view={view} onChange={set} />
        {form.outcome !== 'refuse' && <CeilingFields form={form} view={view} onChange={set} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary">
            {rule.name === '' ? 'Add to the draft' : 'Change the draft'}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
