import type { PolicyView } from '#contract'
import { Switch } from '../../ui/switch.tsx'
import { HostLines } from './host-lines.tsx'
import { Checks, MaybeField } from './rule-fields.tsx'
import type { RuleForm } from './rule-form.ts'
import { redirectNames, registrationNames } from './rule-words.ts'

type Props = { form: RuleForm; view: PolicyView; onChange: (change: Partial<RuleForm>) => void }

/** When a rule holds. What is left open doesn't matter to it. */
export function ConditionFields({ form, view, onChange }: Props) {
  return (
    <fieldset className="flex flex-col gap-3 border-t border-line pt-3">
      <legend className="sr-only">When it holds</legend>
      <Checks
        label="Apps that were"
        options={Object.entries(registrationNames)}
        chosen={form.registration}
        onChange={(registration) => onChange({ registration })}
      />
      <Checks
        label="Answers go to"
        options={Object.entries(redirectNames)}
        chosen={form.redirect}
        onChange={(redirect) => onChange({ redirect })}
      />
      <HostLines
        label="Hosts answers go to"
        hint="One a line: claude.ai is that host, *.claude.ai every host below it. Web addresses only."
        value={form.redirectHosts}
        onChange={(redirectHosts) => onChange({ redirectHosts })}
      />
      <HostLines
        label="Domains of their documents"
        hint="Apps described by a document: the host it is at."
        value={form.domains}
        onChange={(domains) => onChange({ domains })}
      />
      <Checks
        label="They ask for any of"
        options={view.scopes.map((scope) => [scope, scope])}
        chosen={form.scopes}
        onChange={(scopes) => onChange({ scopes })}
      />
      <Checks
        label="They want to reach"
        options={view.resources.map(({ id, name }) => [id, `${name} (${id})`])}
        chosen={form.resources}
        onChange={(resources) => onChange({ resources })}
      />
      <div className="grid gap-3 sm:grid-cols-2">
        <MaybeField
          label="Approved by an administrator"
          value={form.approved}
          onChange={(approved) => onChange({ approved })}
        />
        <MaybeField
          label="Named like an app you trust"
          value={form.lookAlike}
          onChange={(lookAlike) => onChange({ lookAlike })}
        />
      </div>
      <Switch
        label="Only while they register"
        hint="Apps that registered before go on."
        checked={form.registering}
        onChange={(registering) => onChange({ registering })}
      />
      {form.registering && (
        <MaybeField
          label="With an initial access token"
          value={form.initialAccessToken}
          onChange={(initialAccessToken) => onChange({ initialAccessToken })}
        />
      )}
    </fieldset>
  )
}
