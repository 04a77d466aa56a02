import type { UpstreamHealth } from '#contract'

const looks: Record<UpstreamHealth['state'], { words: string; look: string }> = {
  well: { words: 'Well', look: 'bg-accent-soft text-accent' },
  trouble: { words: 'Trouble', look: 'bg-danger-soft text-danger' },
  unchecked: { words: 'Not checked yet', look: 'bg-hover text-muted' },
  off: { words: 'Off', look: 'bg-hover text-muted' },
}

export function UpstreamState({ state }: { state: UpstreamHealth['state'] }) {
  const { words, look } = looks[state]
  return (
    <span className={`rounded-sm px-1.5 text-xs leading-5 font-medium whitespace-nowrap ${look}`}>
      {words}
    </span>
  )
}
