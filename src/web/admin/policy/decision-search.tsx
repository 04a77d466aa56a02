import type { DecisionView } from '#contract'
import { useQuery } from '@tanstack/react-query'
import { useDeferredValue, useState } from 'react'
import { Problem, Skeleton } from '../../ui/states.tsx'
import { Switch } from '../../ui/switch.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { ago, fullTime } from '../../ui/time.ts'
import { decisionsOptions } from './policy.ts'
import { Outcome } from './rule-list.tsx'

const stages: Record<string, string> = {
  registration: 'registering',
  document: 'reading its document',
  authorize: 'asking a person',
  consent: 'on the consent page',
  device: 'asking for a device code',
  token: 'asking for a token',
}

/** Stored decisions, newest first. */
export function DecisionSearch() {
  const [text, setText] = useState('')
  const [refused, setRefused] = useState(true)
  const sought = useDeferredValue(text.trim())
  const { data: decisions, error, refetch } = useQuery(decisionsOptions(sought, refused))
  return (
    <>
      <div className="flex flex-wrap items-end gap-x-6 gap-y-2">
        <div className="min-w-52 grow">
          <TextField
            label="Search decisions"
            type="search"
            value={text}
            maxLength={200}
            autoComplete="off"
            onValueChange={(value) => setText(String(value))}
          />
        </div>
        <Switch label="Refusals only" checked={refused} onChange={setRefused} />
      </div>
      <div className="mt-3">
        {error ? (
          <Problem error={error} retry={() => void refetch()} />
        ) : !decisions ? (
          <Skeleton lines={4} />
        ) : decisions.length === 0 ? (
          <p className="text-table text-faint">
            {sought === '' && refused
              ? 'Nothing was refused lately.'
              : 'Nothing like that was decided lately.'}
          </p>
        ) : (
          <ul aria-label="Decisions" className="divide-y divide-line rounded-md border border-line">
            {decisions.map((one) => (
              <Decision
                key={`${one.client.id} ${one.at} ${one.stage} ${one.rule} ${one.redirect}`}
                decision={one}
              />
            ))}
          </ul>
        )}
      </div>
    </>
  )
}

function Decision({ decision: one }: { decision: DecisionView }) {
  return (
    <li className="px-3 py-2 text-table">
      <p className="flex flex-wrap items-center gap-x-2">
        <bdi className="font-medium [overflow-wrap:anywhere]">{one.client.name}</bdi>
        <Outcome outcome={one.outcome} />
        <span className="text-muted">
          {stages[one.stage] ?? one.stage}
          {one.times > 1 && `, ${one.times} times`}
        </span>
        <time dateTime={one.at} title={fullTime(one.at)} className="text-faint">
          {ago(one.at)}
        </time>
      </p>
      <p className="text-muted">{one.why}</p>
      <p className="text-xs text-faint [overflow-wrap:anywhere]">
        {[
          `rule ${one.rule}${one.version > 0 ? ` of version ${one.version}` : ''}`,
          one.redirect && `answers to ${one.redirect}`,
          one.ip && `from ${one.ip}`,
          one.client.id,
        ]
          .filter(Boolean)
          .join(' · ')}
      </p>
    </li>
  )
}
