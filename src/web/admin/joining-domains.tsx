import type { JoiningDomain, SignInRules } from '#contract'
import { useRef, useState } from 'react'
import { confirmed } from '../account/confirmed.ts'
import { FormProblem } from '../account/form-problem.tsx'
import { useAct } from '../account/use-act.ts'
import { useForm } from '../account/use-form.ts'
import { api } from '../api/client.ts'
import { memory } from '../api/queries.ts'
import { Button } from '../ui/button.tsx'
import { ChoiceField } from '../ui/choice.tsx'
import { Switch } from '../ui/switch.tsx'
import { TextField } from '../ui/text-field.tsx'
import { toast } from '../ui/toast.tsx'

const refresh = () => memory.invalidateQueries({ queryKey: ['sign-in-rules'] })

/** Domains whose people join by themselves, or are recognised, through a provider. */
export function JoiningDomains({ rules: { domains, providers } }: { rules: SignInRules }) {
  const { busy, act } = useAct()
  const [provider, setProvider] = useState(providers[0]?.name ?? '')
  const [joins, setJoins] = useState(true)
  const [links, setLinks] = useState(false)
  const labelOf = (name: string) => providers.find((one) => one.name === name)?.label ?? name

  const element = useRef<HTMLFormElement>(null)
  const form = useForm(async ({ domain }) => {
    await confirmed(() => api('POST', '/sign-in-rules/domains', { domain, provider, joins, links }))
    toast(`${domain} is added`)
    element.current?.reset()
    await refresh()
  })
  async function remove({ domain, provider: name }: JoiningDomain) {
    const at = `/sign-in-rules/domains/${encodeURIComponent(name)}/${encodeURIComponent(domain)}`
    const done = await act(`${domain} wasn’t removed`, async () => {
      await api('DELETE', at)
      return true
    })
    await refresh()
    if (done) toast(`${domain} is removed. Whoever joined stays`)
  }

  return (
    <div className="flex flex-col gap-4">
      {domains.length > 0 && (
        <ul aria-label="Domains" className="divide-y divide-line rounded-md border border-line">
          {domains.map((one) => (
            <li
              key={`${one.provider} ${one.domain}`}
              className="flex min-h-14 items-center gap-3 px-4 py-2 text-table"
            >
              <div className="min-w-0 grow">
                <p className="truncate font-medium">{one.domain}</p>
                <p className="text-muted">
                  {labelOf(one.provider)} · {worth(one)}
                </p>
              </div>
              <Button small look="ending" disabled={busy} onClick={() => void remove(one)}>
                Remove
              </Button>
            </li>
          ))}
        </ul>
      )}
      <form ref={element} className="flex flex-col gap-2" onSubmit={form.onSubmit}>
        <div className="flex flex-wrap items-end gap-2">
          <div className="min-w-52 grow">
            <TextField
              label="Domain"
              name="domain"
              placeholder="acme.example"
              autoComplete="off"
              autoCapitalize="none"
              required
              error={form.of('domain')}
            />
          </div>
          <ChoiceField
            label="Provider"
            value={provider}
            choices={providers.map(({ name, label }) => ({ value: name, label }))}
            className="w-40"
            onChange={setProvider}
          />
        </div>
        <Switch
          label="People with such an address may join by themselves"
          hint="As members, never as administrators"
          checked={joins}
          onChange={setJoins}
        />
        <Switch
          label="Members with such an address are recognised at once"
          hint="Otherwise they sign in once with what they have. Turn on only where the provider is yours"
          checked={links}
          onChange={setLinks}
        />
        <FormProblem message={form.problem} />
        <Button type="submit" className="self-start" disabled={form.busy || (!joins && !links)}>
          Add the domain
        </Button>
      </form>
    </div>
  )
}

function worth({ joins, links }: JoiningDomain): string {
  if (joins && links) return 'people join, members are recognised'
  return joins ? 'people join by themselves' : 'members are recognised'
}
