import { useState } from 'react'
import { sentence } from '../api/client.ts'
import { memory } from '../api/queries.ts'
import { toast } from '../ui/toast.tsx'
import { confirmed, NotConfirmed } from './confirmed.ts'

/** Does something about how she signs in: one at a time, confirmed when that is asked, what went wrong in a toast. */
export function useAct() {
  const [busy, setBusy] = useState(false)
  async function act<T>(failed: string, work: () => Promise<T>): Promise<T | undefined> {
    setBusy(true)
    try {
      const result = await confirmed(work)
      await memory.invalidateQueries({ queryKey: ['security'] })
      return result
    } catch (error) {
      if (!(error instanceof NotConfirmed)) toast(failed, { description: sentence(error), tone: 'problem' })
      return undefined
    } finally {
      setBusy(false)
    }
  }
  return { busy, act }
}
