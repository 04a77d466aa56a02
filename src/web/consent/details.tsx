import type { ConsentView } from '#contract'
import { Switch } from '../ui/switch.tsx'

type Props = {
  view: ConsentView
  /** For each detail, the parts that stay. */
  chosen: readonly (readonly string[])[]
  onChange: (chosen: string[][]) => void
}

/** What the app asked for in detail, in the words of whoever it is about. Each part can be left out. */
export function Details({ view, chosen, onChange }: Props) {
  function toggle(detail: number, part: string, on: boolean) {
    onChange(
      view.details.map(({ parts }, index) =>
        parts
          .map(({ id }) => id)
          .filter((id) => (index === detail && id === part ? on : chosen[index]?.includes(id))),
      ),
    )
  }
  return view.details.map(({ title, parts }, index) => (
    <fieldset key={index} className="mt-5 min-w-0 rounded-md border border-line px-3 py-2">
      <legend className="px-1 text-table font-medium text-muted [overflow-wrap:anywhere]">{title}</legend>
      {parts.map(({ id, words }) => (
        <Switch
          key={id}
          label={words}
          checked={chosen[index]?.includes(id) ?? false}
          onChange={(on) => toggle(index, id, on)}
        />
      ))}
    </fieldset>
  ))
}
