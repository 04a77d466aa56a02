import { useEffect, useRef, useState } from 'react'

/** What is typed into a search field: told on after a pause, and replaced when the address changes without it. */
export function useTyped(held: string, tell: (text: string) => void) {
  const [text, setText] = useState(held)
  const told = useRef(held)
  useEffect(() => {
    if (held === told.current) return
    told.current = held
    setText(held)
  }, [held])
  useEffect(() => {
    const wanted = text.trim()
    if (wanted === told.current) return
    const timer = setTimeout(() => {
      told.current = wanted
      tell(wanted)
    }, 250)
    return () => clearTimeout(timer)
  })
  return [text, setText] as const
}
