import { useEffect } from 'react'
import { memory } from '../api/queries.ts'

/** Other people's and agents' changes: the server says what changed, the page asks again for what it shows. */
export function useLive() {
  useEffect(() => {
    const source = new EventSource('/api/events')
    const waiting = new Set<string>()
    let timer: ReturnType<typeof setTimeout> | undefined
    let dropped = false

    function soon() {
      // A burst of changes asks once.
      timer ??= setTimeout(() => {
        timer = undefined
        for (const object of waiting) void memory.invalidateQueries({ queryKey: ['records', object] })
        void memory.invalidateQueries({ queryKey: ['history'] })
        waiting.clear()
      }, 120)
    }
    function everything() {
      void memory.invalidateQueries({ queryKey: ['records'] })
      void memory.invalidateQueries({ queryKey: ['history'] })
      void memory.invalidateQueries({ queryKey: ['approvals'] })
      void memory.invalidateQueries({ queryKey: ['upstreams'] })
    }
    source.addEventListener('change', (event) => {
      for (const object of objectsOf(event.data)) waiting.add(object)
      soon()
    })
    source.addEventListener('gap', everything)
    source.addEventListener('approvals', () => void memory.invalidateQueries({ queryKey: ['approvals'] }))
    source.addEventListener('upstreams', () => void memory.invalidateQueries({ queryKey: ['upstreams'] }))
    source.addEventListener('error', () => (dropped = true))
    source.addEventListener('open', () => {
      // What happened while the line was down was never announced.
      if (dropped) everything()
      dropped = false
    })
    return () => {
      clearTimeout(timer)
      source.close()
    }
  }, [])
}

function objectsOf(data: unknown): string[] {
  try {
    const event: unknown = JSON.parse(String(data))
    if (typeof event !== 'object' || event === null || !('records' in event) || !Array.isArray(event.records))
      return []
    return event.records.map((record: { object?: unknown }) => String(record.object))
  } catch {
    return []
  }
}
