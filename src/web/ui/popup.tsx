import { Menu as BaseMenu } from '@base-ui/react/menu'
import { Popover as BasePopover } from '@base-ui/react/popover'
import type { ReactElement, ReactNode } from 'react'

const surface =
  'max-h-(--available-height) overflow-y-auto rounded-md border border-line-strong bg-raised text-ink shadow-md shadow-black/8 outline-none transition-opacity duration-75 data-ending-style:opacity-0 data-starting-style:opacity-0'

type Side = { side?: 'top' | 'bottom' | 'right'; align?: 'start' | 'end' }

export type MenuEntry = {
  label: string
  icon?: ReactNode
  danger?: boolean
  keys?: string
  onSelect: () => void
}

/** A button that opens a list of actions. */
export function Menu({
  trigger,
  entries,
  side = 'bottom',
  align = 'start',
}: Side & { trigger: ReactElement; entries: MenuEntry[] }) {
  return (
    <BaseMenu.Root>
      <BaseMenu.Trigger render={trigger} />
      <BaseMenu.Portal>
        <BaseMenu.Positioner side={side} align={align} sideOffset={4} className="z-50 outline-none">
          <BaseMenu.Popup data-takes-keys className={`${surface} min-w-44 p-1`}>
            {entries.map((entry) => (
              <BaseMenu.Item
                key={entry.label}
                onClick={entry.onSelect}
                className={`flex h-8 items-center gap-2 rounded-sm px-2 text-table outline-none select-none data-highlighted:bg-hover pointer-coarse:h-10 ${entry.danger ? 'text-danger' : ''}`}
              >
                {entry.icon}
                <span className="grow">{entry.label}</span>
                {entry.keys && <kbd className="font-sans text-xs text-faint">{entry.keys}</kbd>}
              </BaseMenu.Item>
            ))}
          </BaseMenu.Popup>
        </BaseMenu.Positioner>
      </BaseMenu.Portal>
    </BaseMenu.Root>
  )
}

type PopoverProps = Side & {
  trigger: ReactElement
  label: string
  open?: boolean
  onOpenChange?: (open: boolean) => void
  children: ReactNode
}

/** A button that opens a small panel. */
export function Popover({
  trigger,
  label,
  open,
  onOpenChange,
  side = 'bottom',
  align = 'start',
  children,
}: PopoverProps) {
  const control = open === undefined ? {} : { open }
  return (
    <BasePopover.Root {...control} onOpenChange={(next) => onOpenChange?.(next)}>
      <BasePopover.Trigger render={trigger} />
      <BasePopover.Portal>
        <BasePopover.Positioner side={side} align={align} sideOffset={4} className="z-50">
          <BasePopover.Popup
            data-takes-keys
            aria-label={label}
            className={`${surface} w-72 max-w-[calc(100vw-16px)] p-2`}
          >
            {children}
          </BasePopover.Popup>
        </BasePopover.Positioner>
      </BasePopover.Portal>
    </BasePopover.Root>
  )
}
