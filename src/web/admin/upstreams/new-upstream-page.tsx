import type { UpstreamDetail, UpstreamKind } from '#contract'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { confirmed } from '../../account/confirmed.ts'
import { FormProblem } from '../../account/form-problem.tsx'
import { useForm } from '../../account/use-form.ts'
import { api } from '../../api/client.ts'
import { bootstrapOptions, memory } from '../../api/queries.ts'
import { Page } from '../../shell/page.tsx'
import { Button } from '../../ui/button.tsx'
import { ChoiceField } from '../../ui/choice.tsx'
import { Skeleton } from '../../ui/states.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { AuthFields, authOf } from './auth-fields.tsx'
import type { AuthKind } from './auth-fields.tsx'
import { kindNames, upstreamsOptions } from './upstreams.ts'
import type { Program } from './upstreams.ts'

const kinds: UpstreamKind[] = ['http', 'twenty', 'stdio']
const usual: Record<UpstreamKind, AuthKind> = { http: 'none', twenty: 'key', stdio: 'none' }

/** Adds an upstream: where it is, how Tandem signs in there. Tandem asks it for its tools before it is there. */
export function NewUpstreamPage() {
  const { data } = useQuery(upstreamsOptions)
  useEffect(() => {
    document.title = 'Add an upstream · Tandem'
  }, [])
  return (
    <Page
      title="Add an upstream"
      lead="Tandem asks it for its tools first. Agents see none of them until you have looked at them."
    >
      {data ? <Form programs={data.programs} /> : <Skeleton lines={8} />}
    </Page>
  )
}

function Form({ programs }: { programs: Program[] }) {
  const navigate = useNavigate()
  const { data: start } = useQuery(bootstrapOptions)
  const issuer = start?.state === 'signed-in' ? start.issuer : location.origin
  const [kind, setKind] = useState<UpstreamKind>('http')
  const [auth, setAuth] = useState<AuthKind>('none')
  const [program, setProgram] = useState(programs[0]?.name ?? '')
  const [title, setTitle] = useState('')
  const [name, setName] = useState<string | null>(null)
  const called = name ?? nameFrom(title)
  const form = useForm(async (values) => {
    const { credential = '', url = '' } = values
    const place = kind === 'stdio' ? { server: program } : { url: url.trim() }
    const upstream = { kind, name: called, title: title.trim(), auth: authOf(auth, values), ...place }
    const body = { upstream, ...(credential.trim() && { credential: credential.trim() }) }
    const made = await confirmed(() => api<{ upstream: UpstreamDetail }>('POST', '/upstreams', body))
    void memory.invalidateQueries({ queryKey: ['upstreams'] })
    await navigate({ to: '/settings/upstreams/$id', params: { id: made.upstream.id } })
  })
  const choose = (next: UpstreamKind) => {
    setKind(next)
    setAuth(usual[next])
    if (next === 'twenty' && title === '') setTitle('Twenty')
  }
  return (
    <form className="flex max-w-xl flex-col gap-5" onSubmit={form.onSubmit}>
      <div className="flex flex-col gap-1">
        <span className="text-table font-medium">What it is</span>
        <ChoiceField
          label="What it is"
          value={kind}
          choices={kinds.map((value) => ({ value, label: kindNames[value] }))}
          onChange={(next) => choose(kinds.find((one) => one === next) ?? 'http')}
        />
      </div>
      {kind === 'stdio' ? (
        <ProgramField programs={programs} value={program} onChange={setProgram} error={form.of('server')} />
      ) : (
        <TextField
          label={kind === 'twenty' ? 'Address of the workspace' : 'Address'}
          name="url"
          type="url"
          required
          maxLength={2000}
          autoComplete="off"
          placeholder={kind === 'twenty' ? 'https://acme.twenty.com' : 'https://ledger.example/mcp'}
          hint={
            kind === 'twenty'
              ? 'What stands in the address bar, without a path.'
              : 'Its MCP endpoint, as you would give it to a client.'
          }
          error={form.of('url')}
        />
      )}
      <TextField
        label="Title"
        name="title"
        required
        maxLength={80}
        autoComplete="off"
        value={title}
        onChange={(event) => setTitle(event.target.value)}
        hint="People read it when an app asks for it."
        error={form.of('title')}
      />
      <TextField
        label="Name"
        name="name"
        required
        maxLength={32}
        autoComplete="off"
        value={called}
        onChange={(event) => setName(event.target.value)}
        hint={
          <span className="[overflow-wrap:anywhere]">{`Clients connect to ${issuer}/mcp/${called || '…'}`}</span>
        }
        error={form.of('name')}
      />
      <AuthFields kind={kind} chosen={auth} onChoose={setAuth} of={form.of} />
      {(auth === 'header' || auth === 'key') && (
        <TextField
          label={auth === 'header' ? 'Secret' : 'Your own key'}
          name="credential"
          type="password"
          required={auth === 'header'}
          autoComplete="off"
          maxLength={8000}
          hint={
            auth === 'header'
              ? 'All that goes into the header, “Bearer” too where it wants that. It is sealed and never shown again.'
              : 'To look at its tools, and for your own apps. You can leave it out and add it later.'
          }
          error={form.of('credential')}
        />
      )}
      {auth === 'oauth' && (
        <p className="text-table text-muted">
          After this you connect yourself under Keys; then Tandem can look at its tools.
        </p>
      )}
      <FormProblem message={form.problem} />
      <div className="flex items-center gap-3">
        <Button type="submit" look="primary" disabled={form.busy || (kind === 'stdio' && program === '')}>
          Add upstream
        </Button>
        <span role="status" className="text-table text-muted">
          {form.busy && 'Asking it for its tools…'}
        </span>
      </div>
    </form>
  )
}

function ProgramField({
  programs,
  value,
  onChange,
  error,
}: {
  programs: Program[]
  value: string
  onChange: (name: string) => void
  error: string | undefined
}) {
  return (
    <div className="flex flex-col gap-1">
      <span className="text-table font-medium">Program</span>
      {programs.length > 0 && (
        <ChoiceField
          label="Program"
          value={value}
          choices={programs.map(({ name }) => ({ value: name, label: name }))}
          onChange={onChange}
        />
      )}
      <p className="text-xs text-faint">
        {programs.length === 0 ? 'None is set up yet. ' : ''}
        Whoever runs this server lists its programs in TANDEM_STDIO_SERVERS: nobody can start another from a
        browser.
      </p>
      {error && <p className="text-xs text-danger">{error}</p>}
    </div>
  )
}

/** “Acme Ledger” → `acme-ledger`. */
function nameFrom(title: string): string {
  return title
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^[^a-z]+|-+$/g, '')
    .slice(0, 32)
}
