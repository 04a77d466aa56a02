import type { ClientDetail, UnattendedView } from '#contract'
import { queryOptions, useMutation, useQuery } from '@tanstack/react-query'
import { api, sentence } from '../../api/client.ts'
import { memory } from '../../api/queries.ts'
import { Section } from '../../shell/page.tsx'
import { Button } from '../../ui/button.tsx'
import { Notice } from '../../ui/states.tsx'
import { Switch } from '../../ui/switch.tsx'
import { fullTime } from '../../ui/time.ts'
import { toast } from '../../ui/toast.tsx'

const alone = [
  'client_credentials',
  'urn:ietf:params:oauth:grant-type:token-exchange',
  'urn:ietf:params:oauth:grant-type:jwt-bearer',
]
const unattendedOptions = (id: string) =>
  queryOptions({
    queryKey: ['apps', 'unattended', id],
    queryFn: ({ signal }) =>
      api<UnattendedView>('GET', `/client/unattended?${new URLSearchParams({ id })}`, undefined, signal),
    staleTime: 0,
  })

/** What an app gets with nobody in front of it: whether an ending keeps it out, and whose tokens it may exchange. */
export function AppUnattended({ app }: { app: ClientDetail }) {
  const concerned = app.grantTypes.some((type) => alone.includes(type))
  const { data: view } = useQuery({ ...unattendedOptions(app.id), enabled: concerned })
  if (!concerned || !view) return null
  return (
    <>
      {view.closedSince && <Closed app={app} since={view.closedSince} />}
      {view.exchangeable && <Exchangeable app={app} view={view} chosen={view.exchangeable} />}
    </>
  )
}

function Closed({ app, since }: { app: ClientDetail; since: string }) {
  const open = useMutation({
    mutationFn: () => api('POST', '/client/unattended/open', { id: app.id }),
    onSuccess: () => {
      toast(`${app.name} may come again`, {
        description: 'With its next request it gets what it had. Whose access it uses can end it again.',
      })
      return memory.invalidateQueries({ queryKey: ['apps'] })
    },
    onError: (error) => toast('It wasn’t allowed', { description: sentence(error), tone: 'problem' }),
  })
  return (
    <Section title="Its own access was ended">
      <Notice>
        That was on {fullTime(since)}. What was ended isn’t given to it again by itself, however often it
        asks: only after you allow it.
      </Notice>
      <Button small className="mt-3" disabled={open.isPending} onClick={() => open.mutate()}>
        Allow again
      </Button>
    </Section>
  )
}

function Exchangeable({ app, view, chosen }: { app: ClientDetail; view: UnattendedView; chosen: string[] }) {
  const set = useMutation({
    mutationFn: (resources: string[]) =>
      api('POST', '/client/unattended/exchangeable', { id: app.id, resources }),
    onSuccess: () => memory.invalidateQueries({ queryKey: ['apps', 'unattended', app.id] }),
    onError: (error) => toast('Nothing was changed', { description: sentence(error), tone: 'problem' }),
  })
  const turn = (id: string, on: boolean) =>
    set.mutate(on ? [...chosen, id] : chosen.filter((one) => one !== id))
  return (
    <Section
      title="Exchanging tokens"
      lead="It can always narrow its own. Here you let it act with what people gave to other apps, never for more than those may do."
    >
      <div className="rounded-md border border-line px-4 py-1">
        {view.resources.map(({ id, name }) => (
          <Switch
            key={id}
            label={`Tokens for ${name}`}
            hint={id}
            checked={chosen.includes(id)}
            disabled={set.isPending}
            onChange={(on) => turn(id, on)}
          />
        ))}
      </div>
    </Section>
  )
}
