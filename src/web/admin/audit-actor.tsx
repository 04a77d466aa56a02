import type { AuditEntryView } from '#contract'
import { AgentMark, PersonMark, SystemMark } from '../ui/avatar.tsx'

type Actor = AuditEntryView['actor']

/** Who did it: a person is round, an app is hexagonal, so that no app passes for a person by its name. */
export function AuditActor({ actor }: { actor: Actor }) {
  const { client, clientName, name, id, kind } = actor
  const app = kind === 'agent' ? clientName || client || 'An app' : (name ?? id ?? 'An app')
  const words = kind === 'agent' ? app : (name ?? id ?? strangers[kind] ?? kind)
  return (
    <span className="flex items-center gap-2" title={kind === 'agent' && name ? `${app} for ${name}` : words}>
      {kind === 'agent' || kind === 'client' ? (
        <AgentMark app={app} {...(kind === 'agent' && name && { person: name })} />
      ) : kind === 'member' ? (
        <PersonMark name={words} />
      ) : (
        <SystemMark />
      )}
      <span className="min-w-0 truncate">
        <bdi>{words}</bdi>
        {kind === 'agent' && name && <span className="text-faint"> for {name}</span>}
        {kind === 'client' && <span className="sr-only">, an app</span>}
      </span>
    </span>
  )
}

const strangers: Record<string, string> = { anonymous: 'Somebody not signed in', system: 'Tandem' }
