import type { InitialAccessTokenView } from '#contract'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { confirmed } from '../../account/confirmed.ts'
import { FormProblem } from '../../account/form-problem.tsx'
import { useForm } from '../../account/use-form.ts'
import { api, sentence } from '../../api/client.ts'
import { memory } from '../../api/queries.ts'
import { CopyBlock } from '../../connected-apps/copy-block.tsx'
import { Section } from '../../shell/page.tsx'
import { Button } from '../../ui/button.tsx'
import { Problem, Skeleton } from '../../ui/states.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { fullTime, shortDay } from '../../ui/time.ts'
import { toast } from '../../ui/toast.tsx'
import { initialAccessOptions } from './app-search.ts'

const renew = () => memory.invalidateQueries({ queryKey: initialAccessOptions.queryKey })
const stateNames: Record<InitialAccessTokenView['state'], string> = {
  good: 'Good',
  'used-up': 'Used up',
  expired: 'Expired',
  withdrawn: 'Withdrawn',
}

/** Tokens that let somebody register apps where the policy wants one (RFC 7591 §3). */
export function InitialAccess() {
  const { data: tokens, error, refetch } = useQuery(initialAccessOptions)
  return (
    <div className="mt-10 max-w-3xl">
      <Section
        title="Initial access tokens"
        lead="Each lets its holder register a number of apps. Needed where TANDEM_REGISTRATION is token, or where a rule of the client policy asks for one."
      >
        <Issue />
        {error ? (
          <Problem error={error} retry={() => void refetch()} />
        ) : !tokens ? (
          <Skeleton lines={2} />
        ) : tokens.length === 0 ? (
          <p className="mt-3 text-table text-faint">None was issued yet.</p>
        ) : (
          <ul className="mt-4 divide-y divide-line rounded-md border border-line">
            {tokens.map((token) => (
              <Token key={token.id} token={token} />
            ))}
          </ul>
        )}
      </Section>
    </div>
  )
}

function Issue() {
  const [made, setMade] = useState<{ token: string; view: InitialAccessTokenView } | null>(null)
  const form = useForm(async ({ note = '', uses = '', days = '' }) => {
    const input = { note, uses: Number(uses), days: Number(days) }
    setMade(await confirmed(() => api('POST', '/initial-access-tokens', input)))
    await renew()
  })
  return (
    <form className="flex flex-col gap-3" onSubmit={form.onSubmit}>
      <div className="flex flex-wrap items-end gap-2">
        <div className="min-w-52 grow">
          <TextField label="Who is it for?" name="note" maxLength={200} autoComplete="off" />
        </div>
        <div className="w-28">
          <TextField
            label="Registrations"
            name="uses"
            type="number"
            min={1}
            max={100_000}
            defaultValue={1}
            required
            error={form.of('uses')}
          />
        </div>
        <div className="w-24">
          <TextField
            label="Days"
            name="days"
            type="number"
            min={1}
            max={365}
            defaultValue={7}
            required
            error={form.of('days')}
          />
        </div>
        <Button type="submit" disabled={form.busy}>
          {form.busy ? 'Issuing…' : 'Issue a token'}
        </Button>
      </div>
      <FormProblem message={form.problem} />
      {made && (
        <div role="status">
          <p className="mb-1 text-table text-muted">
            Good for {made.view.mostUses === 1 ? 'one registration' : `${made.view.mostUses} registrations`}{' '}
            until {shortDay(made.view.expiresAt)}. It is shown only now.
          </p>
          <CopyBlock label="Initial access token" text={made.token} />
        </div>
      )}
    </form>
  )
}

function Token({ token }: { token: InitialAccessTokenView }) {
  const withdraw = useMutation({
    mutationFn: () => api('DELETE', `/initial-access-tokens/${encodeURIComponent(token.id)}`),
    onSuccess: () => {
      toast('The token lets nobody register any more')
      return renew()
    },
    onError: (failure) => toast('It wasn’t withdrawn', { description: sentence(failure), tone: 'problem' }),
  })
  return (
    <li className="flex min-h-14 flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2 text-table">
      <div className="min-w-0 grow basis-52">
        <p className="truncate font-medium">{token.note || 'No note'}</p>
        <p className="text-muted tabular-nums">
          {token.uses} of {token.mostUses} used · until{' '}
          <time dateTime={token.expiresAt} title={fullTime(token.expiresAt)}>
            {shortDay(token.expiresAt)}
          </time>
        </p>
      </div>
      <span className="text-muted">{stateNames[token.state]}</span>
      {token.state === 'good' && (
        <Button small disabled={withdraw.isPending} onClick={() => withdraw.mutate()}>
          Withdraw
        </Button>
      )}
    </li>
  )
}
