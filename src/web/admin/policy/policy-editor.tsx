import type { ClientPolicy, PolicyRule, PolicyView } from '#contract'
import { useMutation } from '@tanstack/react-query'
import { useBlocker } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { api, sentence } from '../../api/client.ts'
import { memory } from '../../api/queries.ts'
import { Section } from '../../shell/page.tsx'
import { Button } from '../../ui/button.tsx'
import { ChoiceField } from '../../ui/choice.tsx'
import { Confirm } from '../../ui/dialog.tsx'
import { Notice } from '../../ui/states.tsx'
import { Switch } from '../../ui/switch.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { toast } from '../../ui/toast.tsx'
import { DryRun } from './dry-run.tsx'
import { RuleDialog } from './rule-dialog.tsx'
import { RuleList } from './rule-list.tsx'
import { SaveBar } from './save-bar.tsx'
import { policyOptions } from './policy.ts'

const presetNames = [
  { value: 'open', label: 'Open: any app may ask' },
  { value: 'local', label: 'Local: apps on this computer' },
  { value: 'ask', label: 'Ask: an administrator first' },
  { value: 'closed', label: 'Closed: nobody new' },
]

const blank: PolicyRule = { name: '', when: {}, outcome: 'refuse', why: '', ceilings: {} }

/** A draft of the policy, beside the one that holds. Nothing counts until it is saved. */
export function PolicyEditor({ view }: { view: PolicyView }) {
  const [draft, setDraft] = useState<ClientPolicy>(view.policy)
  /** The rule being edited: its place, or one past the end for a new one. */
  const [editing, setEditing] = useState<number | null>(null)
  const dirty = JSON.stringify(draft) !== JSON.stringify(view.policy)
  const preset = presetOf(draft, view)
  const leaving = useBlocker({
    shouldBlockFn: () => dirty,
    enableBeforeUnload: dirty,
    withResolver: true,
  })

  const save = useMutation({
    mutationFn: () => api<PolicyView>('POST', '/policy', { policy: draft, basedOn: view.version }),
    onSuccess: (saved) => {
      memory.setQueryData(policyOptions.queryKey, saved)
      toast(`Version ${saved.version} of the policy holds now`)
      return memory.invalidateQueries({ queryKey: ['approvals'] })
    },
    onError: (error) => toast('The policy wasn’t saved', { description: sentence(error), tone: 'problem' }),
  })

  const setRules = (rules: PolicyRule[]) => setDraft({ ...draft, rules })
  const put = (at: number, rule: PolicyRule) => {
    // New rules come first: a rule behind one that always holds never decides.
    setRules(at < draft.rules.length ? draft.rules.with(at, rule) : [rule, ...draft.rules])
    setEditing(null)
  }

  return (
    <>
      <Section
        title="Rules"
        lead="The first rule that holds decides. Where none holds, the app is refused. Blocked apps are refused before any rule."
      >
        <div className="mb-3 flex flex-wrap items-center gap-2">
          <ChoiceField
            label="Preset"
            value={preset}
            choices={[...(preset === '' ? [{ value: '', label: 'Your own rules' }] : []), ...presetNames]}
            className="w-64"
            onChange={(name) => name !== '' && setDraft(view.presets[name as keyof PolicyView['presets']])}
          />
          <Button onClick={() => setEditing(draft.rules.length)}>
            <Plus size={16} aria-hidden /> Add a rule
          </Button>
        </div>
        <RuleList rules={draft.rules} onChange={setRules} onEdit={setEditing} />
        {draft.rules.length === 0 && <Notice>Without rules every app is refused.</Notice>}
      </Section>
      <Section title="For all rules">
        <Switch
          label="Apps with links of their own (cursor:, vscode:)"
          hint="MCP asks for web addresses or this computer; Cursor and VS Code use their own. Several apps can claim one scheme."
          checked={draft.appSchemes}
          onChange={(appSchemes) => setDraft({ ...draft, appSchemes })}
        />
        <div className="mt-2 w-72 max-w-full">
          <TextField
            label="Registrations per address and minute"
            type="number"
            min={1}
            max={1000}
            value={String(draft.registrationsPerMinute)}
            onValueChange={(value) =>
              setDraft({ ...draft, registrationsPerMinute: Math.max(1, Math.min(1000, Number(value) || 1)) })
            }
          />
        </div>
      </Section>
      <DryRun draft={draft} dirty={dirty} />
      {dirty && (
        <SaveBar
          draft={draft}
          busy={save.isPending}
          onSave={() => save.mutate()}
          onDiscard={() => setDraft(view.policy)}
        />
      )}
      <Confirm
        open={leaving.status === 'blocked'}
        onClose={() => leaving.reset?.()}
        title="Leave without saving the policy?"
        description="The draft would be lost. The policy that holds stays as it is."
        verb="Leave and lose the draft"
        onConfirm={() => leaving.proceed?.()}
      />
      {editing !== null && (
        <RuleDialog
          rule={draft.rules[editing] ?? blank}
          taken={draft.rules.flatMap(({ name }, at) => (at === editing ? [] : [name]))}
          view={view}
          onClose={() => setEditing(null)}
          onDone={(rule) => put(editing, rule)}
        />
      )}
    </>
  )
}

/** Which preset the draft's rules are, or none. */
function presetOf({ rules }: ClientPolicy, { presets }: PolicyView): string {
  const same = Object.entries(presets).find(([, one]) => JSON.stringify(one.rules) === JSON.stringify(rules))
  return same?.[0] ?? ''
}
