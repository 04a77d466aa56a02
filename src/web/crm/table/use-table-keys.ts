import { useEffect, useRef } from 'react'
import { isTyping } from '../../shell/use-shell-keys.ts'

type Actions = {
  onFilter: () => void
  onCreate: (() => void) | undefined
  onClose: (() => void) | undefined
}

/** Shortcuts of the table page, when no cell has the keyboard (cells stop the keys they take). */
export function useTableKeys(actions: Actions) {
  const current = useRef(actions)
  useEffect(() => {
    current.current = actions
  })
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent) {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target))
        return
      // An open dialog or menu has the keyboard.
      if (document.querySelector('[data-takes-keys]')) return
      const { onFilter, onCreate, onClose } = current.current
      const run = {
        '/': onFilter,
        c: onCreate,
        Escape: onClose,
        j: focusGrid,
        k: focusGrid,
        ArrowDown: focusGrid,
      }[event.key]
      if (!run) return
      event.preventDefault()
      run()
    }
    addEventListener('keydown', onKeyDown)
    return () => removeEventListener('keydown', onKeyDown)
  }, [])
}

function focusGrid() {
  document.querySelector<HTMLElement>('[role=grid] [data-entry]')?.focus()
}
