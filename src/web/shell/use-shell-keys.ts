import { useEffect } from 'react'
import { undoLast } from '../crm/writing.ts'

/** True where letters are text: there no shortcut listens. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)
}

/** Shortcuts that work on every page. */
export function useShellKeys(open: (overlay: 'palette' | 'shortcuts') => void) {
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent) {
      const command = event.ctrlKey || event.metaKey
      if (command && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        open('palette')
      } else if (event.defaultPrevented || isTyping(event.target)) {
        return
      } else if (command && !event.shiftKey && event.key.toLowerCase() === 'z') {
        event.preventDefault()
        undoLast()
      } else if (event.key === '?' && !command) {
        event.preventDefault()
        open('shortcuts')
      }
    }
    addEventListener('keydown', onKeyDown)
    return () => removeEventListener('keydown', onKeyDown)
  }, [open])
}
