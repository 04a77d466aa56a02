import { useLayoutEffect, useRef } from 'react'

/** For an entry of a list: when it goes with the focus in it, the next one gets the focus, or the page's heading. */
export function useHandOn<T extends HTMLElement = HTMLLIElement>() {
  const entry = useRef<T>(null)
  useLayoutEffect(() => {
    const here = entry.current
    return () => {
      const focused = document.activeElement
      const ours = here?.contains(focused) || focused?.closest('[role=dialog], [role=alertdialog]')
      if (!ours) return
      const next = (here?.nextElementSibling ?? here?.previousElementSibling)?.querySelector<HTMLElement>(
        'summary, button',
      )
      requestAnimationFrame(() => {
        if (document.activeElement !== document.body) return
        const target = next?.isConnected ? next : document.querySelector<HTMLElement>('main h1')
        target?.focus({ preventScroll: true })
      })
    }
  }, [])
  return entry
}
