import type { ObjectView } from '#contract'
import { ArrowDown, ArrowUp, SlidersHorizontal } from 'lucide-react'
import { Button, IconButton } from '../../ui/button.tsx'
import { Popover } from '../../ui/popup.tsx'
import { Checkbox } from '../../ui/switch.tsx'
import { fieldUi } from '../fields/registry.ts'
import type { Columns } from './use-columns.ts'

/** Which columns, in which order. */
export function ColumnsMenu({ object, columns }: { object: ObjectView; columns: Columns }) {
  const { all, layout, change, reset } = columns

  function move(name: string, step: -1 | 1) {
    const names = all.map((field) => field.name)
    const from = names.indexOf(name)
    const to = from + step
    if (to < 1 || to >= names.length) return
    names.splice(from, 1)
    names.splice(to, 0, name)
    change({ order: names })
  }
  return (
    <Popover
      label="Columns"
      align="end"
      trigger={
        <IconButton label="Columns">
          <SlidersHorizontal size={15} />
        </IconButton>
      }
    >
      <ul className="flex flex-col">
        {all.map((field, at) => {
          const Icon = fieldUi(field).icon
          const naming = field.name === object.labelField
          const shown = naming || !layout.hidden.includes(field.name)
          return (
            <li
              key={field.name}
              className="group flex h-8 items-center gap-2 rounded-sm px-1.5 hover:bg-hover pointer-coarse:h-10"
            >
              {naming ? (
                <span className="size-4" />
              ) : (
                <Checkbox
                  label={`Show ${field.label}`}
                  checked={shown}
                  onChange={(on) =>
                    change({
                      hidden: on
                        ? layout.hidden.filter((name) => name !== field.name)
                        : [...layout.hidden, field.name],
                    })
                  }
                />
              )}
              <Icon size={14} className="shrink-0 text-faint" aria-hidden />
              <span className="min-w-0 grow truncate text-table">{field.label}</span>
              {!naming && (
                <span className="flex opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 pointer-coarse:opacity-100">
                  <IconButton
                    label={`Move ${field.label} left`}
                    disabled={at <= 1}
                    onClick={() => move(field.name, -1)}
                  >
                    <ArrowUp size={14} />
                  </IconButton>
                  <IconButton
                    label={`Move ${field.label} right`}
                    disabled={at === all.length - 1}
                    onClick={() => move(field.name, 1)}
                  >
                    <ArrowDown size={14} />
                  </IconButton>
                </span>
              )}
            </li>
          )
        })}
      </ul>
      <div className="mt-1 border-t border-line pt-1.5">
        <Button small look="quiet" onClick={reset}>
          Back to the usual columns
        </Button>
      </div>
    </Popover>
  )
}
