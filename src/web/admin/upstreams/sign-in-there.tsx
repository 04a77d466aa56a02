import type { UpstreamClientView, UpstreamDetail } from '#contract'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { confirmed } from '../../account/confirmed.ts'
import { FormProblem } from '../../account/form-problem.tsx'
import { useForm } from '../../account/use-form.ts'
import { api } from '../../api/client.ts'
import { CopyBlock } from '../../connected-apps/copy-block.tsx'
import { Section } from '../../shell/page.tsx'
import { Button } from '../../ui/button.tsx'
import { Problem, Skeleton } from '../../ui/states.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { toast } from '../../ui/toast.tsx'
import { useUpstreamAct } from './upstreams.ts'

const clientOptions = (name: string) =>
  queryOptions({
    // Below `upstreams`: whatever changes one asks again.
    queryKey: ['upstreams', 'client', name],
    queryFn: async ({ signal }) =>
      (
        await api<{ client: UpstreamClientView }>(
          'GET',
          `/connections/${encodeURIComponent(name)}/client`,
          undefined,
          signal,
        )
      ).client,
    staleTime: 0,
  })

/** How the upstream's authorization server knows this Tandem, for upstreams where each person signs in. */
export function SignInThere({ upstream }: { upstream: UpstreamDetail }) {
  const { data: client, error, refetch } = useQuery(clientOptions(upstream.name))
  return (
    <Section title="Signing in there" lead="Each person connects her own account; Tandem is the app.">
      {error ? (
        <Problem error={error} retry={() => void refetch()} />
      ) : client ? (
        <Known upstream={upstream} client={client} />
      ) : (
        <Skeleton lines={4} />
      )}
    </Section>
  )
}

const known: Record<UpstreamClientView['how'], string> = {
  manual: 'Set up there by hand',
  document: 'By its metadata document, where the server takes one; else it registers itself',
  registered: 'It registered itself',
  none: 'Not yet: it registers itself when the first person connects',
}

function Known({ upstream, client }: { upstream: UpstreamDetail; client: UpstreamClientView }) {
  const { how, clientId, issuer, connected, redirectUri } = client
  const rows: [string, string][] = [
    ['Tandem is known', known[how]],
    ...(clientId === null ? [] : [['Client', clientId] satisfies [string, string]]),
    ...(issuer === null ? [] : [['Authorization server', issuer] satisfies [string, string]]),
    ['Connected', connected === 0 ? 'Nobody yet' : connected === 1 ? '1 person' : `${connected} people`],
  ]
  return (
    <div className="flex flex-col gap-4">
      <dl className="divide-y divide-line rounded-md border border-line text-table">
        {rows.map(([what, value]) => (
          <div key={what} className="flex gap-4 px-3 py-2 max-sm:flex-col max-sm:gap-0.5">
            <dt className="w-40 shrink-0 text-faint">{what}</dt>
            <dd className="min-w-0 [overflow-wrap:anywhere]">{value}</dd>
          </div>
        ))}
      </dl>
      <div className="flex flex-col gap-1">
        <p className="text-table font-medium">Redirect URI</p>
        <CopyBlock label="Redirect URI" text={redirectUri} />
      </div>
      {how === 'manual' && <SecretForm upstream={upstream} hasSecret={client.hasSecret} />}
      {how === 'registered' && <RegisterAnew upstream={upstream} />}
    </div>
  )
}

function SecretForm({ upstream: { name }, hasSecret }: { upstream: UpstreamDetail; hasSecret: boolean }) {
  const { act } = useUpstreamAct()
  const path = `/connections/${encodeURIComponent(name)}/client`
  const form = useForm(async ({ secret = '' }) => {
    await confirmed(() => api('POST', path, { secret: secret.trim() === '' ? null : secret.trim() }))
    toast(secret.trim() === '' ? 'The client has no secret now' : 'The client’s secret is kept')
    await act('', async () => true)
  })
  return (
    <form className="flex max-w-xl flex-col gap-3" onSubmit={form.onSubmit}>
      <TextField
        label="Client secret"
        name="secret"
        type="password"
        autoComplete="off"
        maxLength={2000}
        placeholder={hasSecret ? 'Kept; a new one takes its place' : ''}
        hint="Leave it empty for a client without one. It is sealed and never shown again."
        error={form.of('secret')}
      />
      <FormProblem message={form.problem} />
      <div>
        <Button type="submit" small disabled={form.busy}>
          {form.busy ? 'Keeping…' : 'Keep'}
        </Button>
      </div>
    </form>
  )
}

function RegisterAnew({ upstream: { name } }: { upstream: UpstreamDetail }) {
  const { busy, act } = useUpstreamAct()
  return (
    <div className="flex flex-wrap items-center gap-3">
      <Button
        small
        disabled={busy}
        onClick={() =>
          void act('It is registered as before', async () => {
            await api('DELETE', `/connections/${encodeURIComponent(name)}/client`)
            toast('Tandem registers anew with the next person who connects')
          })
        }
      >
        Register anew
      </Button>
      <p className="text-table text-muted">For when its server has forgotten this one. Connections go on.</p>
    </div>
  )
}
