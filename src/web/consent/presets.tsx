import type { KeyboardEvent } from 'react'
import { sameScopes, type Preset } from './capabilities.ts'

type Props = {
  choices: readonly Preset[]
  scopes: readonly string[]
  onChange: (scopes: readonly string[]) => void
}

const steps: Partial<Record<string, number>> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }

/** How much it may do, in one choice. One stop for Tab; arrows choose (ARIA APG, radio group). */
export function Presets({ choices, scopes, onChange }: Props) {
  const chosen = choices.findIndex((choice) => sameScopes(choice.scopes, scopes))
  function onKeyDown(event: KeyboardEvent<HTMLButtonElement>, at: number) {
    const step = steps[event.key]
    if (step === undefined) return
    event.preventDefault()
    const next = (at + step + choices.length) % choices.length
    onChange(choices[next]?.scopes ?? scopes)
    const buttons = event.currentTarget.parentElement?.children
    ;(buttons?.[next] as HTMLElement | undefined)?.focus()
  }
  return (
    <div
      role="radiogroup"
      aria-label="What it may do"
      className="mt-6 flex rounded-md border border-line-strong p-0.5"
    >
      {choices.map((choice, at) => (
        <button
          key={choice.name}
          type="button"
          role="radio"
          aria-checked={at === chosen}
          tabIndex={at === Math.max(chosen, 0) ? 0 : -1}
          onClick={() => onChange(choice.scopes)}
          onKeyDown={(event) => onKeyDown(event, at)}
          className={`h-8 min-w-0 grow rounded-sm px-2 text-table font-medium pointer-coarse:h-11 ${at === chosen ? 'bg-accent-soft text-accent' : 'text-muted hover:bg-hover'}`}
        >
          {choice.name}
        </button>
      ))}
    </div>
  )
}
