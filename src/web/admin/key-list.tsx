import type { SigningKeyView } from '#contract'
import { fullTime, shortDay } from '../ui/time.ts'

const states: Record<SigningKeyView['state'], { name: string; look: string }> = {
  current: { name: 'Signs', look: 'bg-accent-soft text-accent' },
  next: { name: 'Next', look: 'bg-hover text-ink' },
  retired: { name: 'Retired', look: 'bg-hover text-muted' },
}

export function KeyList({ keys }: { keys: SigningKeyView[] }) {
  return (
    <ul className="divide-y divide-line rounded-md border border-line">
      {keys.map((key) => (
        <li key={key.kid} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-3 text-table">
          <span
            className={`w-16 shrink-0 rounded-sm px-1.5 text-center text-xs leading-5 font-medium ${states[key.state].look}`}
          >
            {states[key.state].name}
          </span>
          <code className="min-w-0 grow basis-60 [overflow-wrap:anywhere]">{key.kid}</code>
          <span className="text-muted">
            {fateOf(key).map(([words, at]) => (
              <span key={words} className="not-last:after:content-['_·_']">
                {words}{' '}
                {at && (
                  <time dateTime={at} title={fullTime(at)}>
                    {shortDay(at)}
                  </time>
                )}
              </span>
            ))}
          </span>
        </li>
      ))}
    </ul>
  )
}

function fateOf({
  state,
  createdAt,
  signsSince,
  retiresAt,
  publishedUntil,
}: SigningKeyView): [string, string | null][] {
  switch (state) {
    case 'current':
      return [
        ['since', signsSince],
        ['until', retiresAt],
      ]
    case 'next':
      return [['published', createdAt]]
    case 'retired':
      return [
        ['signed until', retiresAt],
        ['verifies until', publishedUntil],
      ]
  }
}
