import { Toast } from '@base-ui/react/toast'
import { X } from 'lucide-react'
import { IconButton } from './button.tsx'

const manager = Toast.createToastManager<{ tone: 'plain' | 'problem' }>()

type More = { description?: string; action?: { label: string; run: () => void }; tone?: 'plain' | 'problem' }

/** Says what happened, in a corner, with one thing to do about it. */
export function toast(title: string, { description, action, tone = 'plain' }: More = {}) {
  const id = manager.add({
    title,
    ...(description && { description }),
    data: { tone },
    timeout: tone === 'problem' || action ? 9000 : 5000,
    ...(action && {
      actionProps: {
        children: action.label,
        onClick: () => {
          manager.close(id)
          action.run()
        },
      },
    }),
  })
  return id
}

export function Toasts() {
  return (
    <Toast.Provider toastManager={manager} limit={4}>
      <Toast.Portal>
        <Toast.Viewport className="fixed right-4 bottom-4 z-70 flex w-[min(380px,calc(100vw-32px))] flex-col gap-2 outline-none">
          <List />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  )
}

function List() {
  const { toasts } = Toast.useToastManager<{ tone: 'plain' | 'problem' }>()
  return toasts.map((item) => (
    <Toast.Root
      key={item.id}
      toast={item}
      swipeDirection="right"
      className={`rounded-md border bg-raised text-ink shadow-md shadow-black/8 transition-[opacity,translate] duration-150 data-ending-style:opacity-0 data-limited:hidden data-starting-style:translate-y-2 data-starting-style:opacity-0 ${item.data?.tone === 'problem' ? 'border-danger' : 'border-line-strong'}`}
    >
      <Toast.Content className="flex items-center gap-2 py-2 pr-2 pl-3">
        <div className="min-w-0 grow">
          <Toast.Title className="text-table font-medium" />
          <Toast.Description className="text-table text-muted" />
        </div>
        <Toast.Action className="h-7 shrink-0 rounded-md px-2 text-table font-medium text-accent hover:bg-hover pointer-coarse:h-10" />
        <Toast.Close render={<IconButton label="Dismiss" />}>
          <X size={14} />
        </Toast.Close>
      </Toast.Content>
    </Toast.Root>
  ))
}
