import { Popover } from '@base-ui/react/popover'
import { useState, type ReactNode } from 'react'

type Props = { label: string; shown: ReactNode; onClose: () => void; children: ReactNode; narrow?: boolean }

/** An editor too big for its cell: a panel over it. Clicking elsewhere closes it. */
export function PopupEditor({ label, shown, onClose, children, narrow = false }: Props) {
  const [anchor, setAnchor] = useState<HTMLDivElement | null>(null)
  return (
    <div
      ref={setAnchor}
      className="flex h-full min-h-[34px] w-full items-center overflow-hidden bg-raised px-2 outline-2 -outline-offset-2 outline-accent"
    >
      {shown}
      <Popover.Root open={anchor !== null} onOpenChange={(open) => !open && onClose()}>
        <Popover.Portal>
          <Popover.Positioner anchor={anchor} side="bottom" align="start" sideOffset={-1} className="z-50">
            <Popover.Popup
              data-takes-keys
              aria-label={label}
              className={`min-w-[max(var(--anchor-width),240px)] rounded-md border border-line-strong bg-raised text-ink shadow-md shadow-black/8 outline-none ${narrow ? 'max-w-72' : 'max-w-[min(480px,calc(100vw-16px))]'}`}
              onKeyDown={(event) => event.stopPropagation()}
            >
              {children}
            </Popover.Popup>
          </Popover.Positioner>
        </Popover.Portal>
      </Popover.Root>
    </div>
  )
}
