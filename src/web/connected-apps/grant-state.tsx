import type { GrantView } from '#contract'

const amber = 'bg-amber-soft text-amber'
const plain = 'bg-hover text-muted'

/** How a grant stands, when there is something to say about it. */
export function GrantState({ grant: { status, stopped } }: { grant: Pick<GrantView, 'status' | 'stopped'> }) {
  const said =
    status === 'ended'
      ? { words: 'Ended', look: plain }
      : stopped
        ? { words: 'Stopped by an administrator', look: amber }
        : status === 'provisional'
          ? { words: 'Waits for an administrator', look: amber }
          : status === 'paused'
            ? { words: 'Paused', look: amber }
            : null
  if (!said) return null
  return (
    <span className={`shrink-0 rounded-sm px-1.5 text-xs leading-5 font-medium ${said.look}`}>
      {said.words}
    </span>
  )
}
