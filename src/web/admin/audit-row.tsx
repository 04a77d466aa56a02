import type { AuditEntryView } from '#contract'
import { Link } from '@tanstack/react-router'
import { ChevronRight } from 'lucide-react'
import { useState } from 'react'
import { IconButton } from '../ui/button.tsx'
import { ago, fullTime } from '../ui/time.ts'
import { AuditActor } from './audit-actor.tsx'
import { eventWords } from './audit-search.ts'

/** One entry in a line; opened, all of it, and the way to follow its grant. */
export function AuditRow({ entry }: { entry: AuditEntryView }) {
  const [open, setOpen] = useState(false)
  const { actor, subject } = entry
  const what = subject && (subject.name ?? (subject.kind === 'tool' ? subject.id : eventWords(subject.kind)))
  return (
    <>
      <tr>
        <td className="px-3 py-2 whitespace-nowrap text-muted">
          <time dateTime={entry.at} title={fullTime(entry.at)}>
            {ago(entry.at)}
          </time>
        </td>
        <td className="max-w-56 px-3 py-2">
          <AuditActor actor={actor} />
        </td>
        <td className="px-3 py-2 whitespace-nowrap">
          {didWords(entry)}
          {entry.outcome !== 'ok' && (
            <span className={`ml-2 ${entry.outcome === 'failed' ? 'text-danger' : 'text-amber'}`}>
              {entry.outcome}
            </span>
          )}
        </td>
        <td className="max-w-48 truncate px-3 py-2 text-muted" title={what}>
          {what}
        </td>
        <td className="px-3 py-2 text-muted tabular-nums">{entry.ip ?? ''}</td>
        <td className="py-1 pr-2 text-right">
          <IconButton
            label={`${open ? 'Hide' : 'Show'} all of entry ${entry.seq}`}
            aria-expanded={open}
            onClick={() => setOpen(!open)}
          >
            <ChevronRight size={15} className={open ? 'rotate-90' : ''} />
          </IconButton>
        </td>
      </tr>
      {open && (
        <tr className="bg-surface">
          <td colSpan={6} className="px-3 py-3">
            <Whole entry={entry} />
          </td>
        </tr>
      )}
    </>
  )
}

// Tools have no slash in their names: what has one after its upstream’s is a method of MCP.
const method = /^[^/]+\/(initialize|ping|[^/]+\/.+)$/

/** What happened, in words: an app that lists an upstream's tools calls none. */
function didWords({ event, subject }: AuditEntryView): string {
  return event === 'tool.called' && method.test(subject?.id ?? '') ? 'Upstream asked' : eventWords(event)
}

function Whole({ entry }: { entry: AuditEntryView }) {
  const { seq, at, actor, subject, detail, ip } = entry
  const grant = actor.grant ?? (subject?.kind === 'grant' ? subject.id : undefined)
  const client = actor.client ?? (actor.kind === 'client' ? actor.id : undefined)
  const facts: [string, string | undefined][] = [
    ['Entry', `${seq}, ${fullTime(at)}`],
    ['Actor', [actor.kind, actor.name, actor.id].filter(Boolean).join(' · ')],
    ['App', [actor.clientName, client].filter(Boolean).join(' · ')],
    ['Subject', subject && [subject.kind, subject.name, subject.id].filter(Boolean).join(' · ')],
    ['Address', ip],
    ...Object.entries(detail ?? {}).map(([name, value]): [string, string] => [
      eventWords(name),
      String(value ?? '–'),
    ]),
  ]
  return (
    <div className="flex flex-wrap items-start justify-between gap-4">
      <dl className="grid min-w-0 grid-cols-[auto_1fr] gap-x-4 gap-y-0.5">
        {facts.map(([name, words]) =>
          words ? (
            <div key={name} className="contents">
              <dt className="text-faint">{name}</dt>
              <dd className="min-w-0 whitespace-normal [overflow-wrap:anywhere]">{words}</dd>
            </div>
          ) : null,
        )}
      </dl>
      <div className="flex flex-col items-start gap-1">
        {grant && (
          <Link to="/settings/audit" search={{ grant }} className={link}>
            Follow this permission
          </Link>
        )}
        {client && (
          <Link to="/settings/audit" search={{ client }} className={link}>
            All of this app
          </Link>
        )}
        {actor.id && actor.kind !== 'client' && (
          <Link to="/settings/audit" search={{ actor: actor.id }} className={link}>
            All of this person
          </Link>
        )}
      </div>
    </div>
  )
}

const link = 'font-medium text-accent underline-offset-2 hover:underline'
