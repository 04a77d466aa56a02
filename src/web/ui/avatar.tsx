import type { ActorView } from '#contract'
import { Cog } from 'lucide-react'

const hues = ['teal', 'blue', 'purple', 'pink', 'orange', 'green', 'amber', 'red'] as const

/** The same name gets the same colour, everywhere. */
function hue(name: string): string {
  let sum = 0
  for (const char of name) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) >>> 0
  return hues[sum % hues.length] ?? 'teal'
}

function initials(name: string): string {
  const words = name.trim().split(/\s+/u)
  const first = [...(words[0] ?? '')][0] ?? '?'
  const last = words.length > 1 ? ([...(words.at(-1) ?? '')][0] ?? '') : ''
  return (first + last).toUpperCase()
}

const sizes = {
  16: 'size-4 text-[8px]',
  20: 'size-5 text-[9px]',
  28: 'size-7 text-[11px]',
  40: 'size-10 text-sm',
}
type Size = keyof typeof sizes

/** A person: round. */
export function PersonMark({ name, size = 20 }: { name: string; size?: Size }) {
  return (
    <span
      aria-hidden
      data-color={hue(name)}
      className={`tag inline-flex shrink-0 items-center justify-center rounded-full leading-none font-semibold ${sizes[size]}`}
    >
      {initials(name)}
    </span>
  )
}

/** An app: hexagonal, with its person's small round one at its corner when it works for somebody. */
export function AgentMark({ app, person, size = 20 }: { app: string; person?: string; size?: Size }) {
  return (
    <span aria-hidden className="relative inline-flex shrink-0 self-start">
      <span
        data-color={hue(app)}
        className={`hexagon tag tag-solid inline-flex items-center justify-center leading-none font-bold ${sizes[size]}`}
      >
        {[...app.trim()][0]?.toUpperCase() ?? '?'}
      </span>
      {person !== undefined && (
        <span
          data-color={hue(person)}
          className={`tag absolute -right-1 -bottom-0.5 inline-flex items-center justify-center rounded-full leading-none font-semibold ring-2 ring-canvas ${size >= 28 ? 'size-3.5 text-[7px]' : 'size-2.5 text-[0px]'}`}
        >
          {initials(person)}
        </span>
      )}
    </span>
  )
}

/** Neither a person nor an app: square. */
export function SystemMark({ size = 20 }: { size?: Size }) {
  return (
    <span
      aria-hidden
      className={`tag inline-flex shrink-0 items-center justify-center self-start rounded-sm ${sizes[size]}`}
    >
      <Cog size={size * 0.6} />
    </span>
  )
}

/** Who did it, as a mark. The name belongs beside it. */
export function ActorMark({ actor, size = 20 }: { actor: ActorView; size?: Size }) {
  if (actor.kind === 'agent') return <AgentMark app={actor.clientName} person={actor.name} size={size} />
  if (actor.kind === 'system') return <SystemMark size={size} />
  return <PersonMark name={actor.name} size={size} />
}

/** Who did it, in words: "Notebook for Ada". */
export function actorName(actor: ActorView): string {
  return actor.kind === 'agent' ? `${actor.clientName} for ${actor.name}` : actor.name
}
