import { AlertDialog } from '@base-ui/react/alert-dialog'
import { Dialog as Base } from '@base-ui/react/dialog'
import { X } from 'lucide-react'
import type { ReactNode, RefObject } from 'react'
import { Button, IconButton } from './button.tsx'

const backdrop =
  'fixed inset-0 z-40 bg-backdrop transition-opacity duration-100 data-ending-style:opacity-0 data-starting-style:opacity-0'
const popup =
  'fixed left-1/2 z-50 w-[min(var(--width),calc(100vw-24px))] -translate-x-1/2 rounded-[10px] border border-line-strong bg-raised text-ink shadow-lg shadow-black/10 outline-none transition-[opacity,scale] duration-100 data-ending-style:scale-[0.98] data-ending-style:opacity-0 data-starting-style:scale-[0.98] data-starting-style:opacity-0'

type Props = {
  open: boolean
  onClose: () => void
  title: string
  description?: ReactNode
  children?: ReactNode
}

type DialogProps = Props & {
  /** What has the focus first; absent: the way out. */
  first?: RefObject<HTMLElement | null>
  /** Only what is in it closes it: what it shows is shown once. */
  insists?: boolean
}

export function Dialog({ open, onClose, title, description, first, insists = false, children }: DialogProps) {
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && !insists && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={backdrop} />
        <Base.Popup
          data-takes-keys
          {...(first && { initialFocus: first })}
          className={`${popup} top-[12vh] max-h-[80vh] overflow-y-auto p-5 [--width:480px]`}
        >
          <div className="mb-3 flex items-start justify-between gap-3">
            <div>
              <Base.Title className="text-base font-semibold">{title}</Base.Title>
              {description && (
                <Base.Description className="mt-0.5 text-table text-muted">{description}</Base.Description>
              )}
            </div>
            {!insists && (
              <Base.Close render={<IconButton label="Close" className="-mt-1 -mr-1" />}>
                <X size={16} />
              </Base.Close>
            )}
          </div>
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}

/** A dialog without furniture, near the top of the window: the palette. */
export function Overlay({ open, onClose, title, children }: Props) {
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={backdrop} />
        <Base.Popup data-takes-keys className={`${popup} top-[10vh] overflow-hidden [--width:600px]`}>
          <Base.Title className="sr-only">{title}</Base.Title>
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}

type ConfirmProps = Props & {
  verb: string
  busy?: boolean
  onConfirm: () => void
  /** What has the focus afterwards, where what opened it may be gone by then. */
  after?: () => HTMLElement | null
}

/** Asks before something that destroys. `verb` says what happens, and how much of it. */
export function Confirm({
  open,
  onClose,
  title,
  description,
  children,
  verb,
  busy = false,
  onConfirm,
  after,
}: ConfirmProps) {
  return (
    <AlertDialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className={backdrop} />
        <AlertDialog.Popup
          data-takes-keys
          {...(after && { finalFocus: () => after() ?? true })}
          className={`${popup} top-[18vh] p-5 [--width:440px]`}
        >
          <AlertDialog.Title className="text-base font-semibold">{title}</AlertDialog.Title>
          <AlertDialog.Description render={<div />} className="mt-1.5 text-sm text-muted">
            {description}
          </AlertDialog.Description>
          {children}
          <div className="mt-5 flex flex-wrap justify-end gap-2">
            <AlertDialog.Close render={<Button />}>Keep</AlertDialog.Close>
            <Button look="danger" disabled={busy} onClick={onConfirm}>
              {verb}
            </Button>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  )
}
