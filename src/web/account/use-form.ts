import { useState, type FormEvent } from 'react'
import { fieldMessage, sentence } from '../api/client.ts'
import { NotConfirmed } from './confirmed.ts'

/** Submitting a form once at a time, with what was wrong by field and as a whole. Inputs keep what was typed. */
export function useForm(send: (values: Record<string, string>) => Promise<void>) {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)

  function onSubmit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    if (busy) return
    const values: Record<string, string> = {}
    for (const [name, value] of new FormData(event.currentTarget)) {
      if (typeof value === 'string') values[name] = value
    }
    setBusy(true)
    setError(null)
    send(values)
      .catch((problem: unknown) => {
        // She thought better of it: nothing is wrong.
        if (!(problem instanceof NotConfirmed)) setError(problem)
      })
      .finally(() => setBusy(false))
  }

  return {
    busy,
    onSubmit,
    /** What is wrong with one input. */
    of: (field: string) => fieldMessage(error, field),
    /** What is wrong as a whole, or null. */
    problem: error === null ? null : sentence(error),
  }
}
