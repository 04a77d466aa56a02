import { useEffect, useRef } from 'react'

type Clipboard = {
  enabled: () => boolean
  copy: () => string | null
  paste: (text: string) => void
}

/** Copy and paste of a part of the page that isn't a text field. */
export function useClipboard(clipboard: Clipboard) {
  const latest = useRef(clipboard)
  useEffect(() => {
    latest.current = clipboard
  })
  useEffect(() => {
    function onCopy(event: ClipboardEvent) {
      // Words marked on the page are what she means to copy.
      if (!latest.current.enabled() || getSelection()?.isCollapsed === false) return
      const text = latest.current.copy()
      if (text === null) return
      event.preventDefault()
      event.clipboardData?.setData('text/plain', text)
    }
    function onPaste(event: ClipboardEvent) {
      if (!latest.current.enabled() || !event.clipboardData) return
      event.preventDefault()
      latest.current.paste(event.clipboardData.getData('text/plain'))
    }
    document.addEventListener('copy', onCopy)
    document.addEventListener('paste', onPaste)
    return () => {
      document.removeEventListener('copy', onCopy)
      document.removeEventListener('paste', onPaste)
    }
  }, [])
}
