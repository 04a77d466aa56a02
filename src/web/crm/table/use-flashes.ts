import type { RecordView } from '#contract'
import { useEffect, useRef, useState } from 'react'
import { isOwn } from '../writing.ts'

type Flashes = ReadonlyMap<string, ReadonlySet<string>>
const none: Flashes = new Map()

/** The cells that somebody else changed while they were on the screen, for as long as they light up. */
export function useFlashes(rows: readonly RecordView[]): Flashes {
  const seen = useRef(new Map<string, RecordView>())
  const [flashes, setFlashes] = useState(none)

  useEffect(() => {
    const fresh = new Map<string, ReadonlySet<string>>()
    for (const row of rows) {
      const before = seen.current.get(row.id)
      seen.current.set(row.id, row)
      if (!before || before.version >= row.version || isOwn(row)) continue
      const fields = Object.keys(row.fields).filter(
        (name) => JSON.stringify(row.fields[name]) !== JSON.stringify(before.fields[name]),
      )
      fresh.set(row.id, new Set(fields))
    }
    // oxlint-disable-next-line react/set-state-in-effect -- news is what differs from what was drawn before
    if (fresh.size > 0) setFlashes(fresh)
  }, [rows])

  useEffect(() => {
    if (flashes.size === 0) return
    const timer = setTimeout(() => setFlashes(none), 2000)
    return () => clearTimeout(timer)
  }, [flashes])
  return flashes
}
