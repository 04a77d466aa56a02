import { useEffect, useRef, useState, type KeyboardEvent } from 'react'
import { Button } from '../ui/button.tsx'

type Props = {
  nothingChosen: boolean
  onAnswer: (decision: 'allow' | 'deny') => Promise<string | null>
}

/** Cancel and Allow. One answer only; Enter never allows; a click in the first moment doesn't count. */
export function Answer({ nothingChosen, onAnswer }: Props) {
  const armed = useArmed()
  const sent = useRef(false)
  const [state, setState] = useState<'open' | 'allow' | 'deny'>('open')
  const [problem, setProblem] = useState<string | null>(null)
  const [hint, setHint] = useState(false)

  async function answer(decision: 'allow' | 'deny') {
    if (sent.current) return
    sent.current = true
    setState(decision)
    setProblem(null)
    const failure = await onAnswer(decision)
    if (failure === null) return
    sent.current = false
    setState('open')
    setProblem(failure)
  }

  function refuseEnter(event: KeyboardEvent) {
    if (event.key !== 'Enter') return
    event.preventDefault()
    setHint(true)
  }

  return (
    <div className="mt-5 flex flex-col gap-2 pb-4">
      {problem && (
        <p role="alert" className="text-table text-danger">
          {problem}
        </p>
      )}
      {nothingChosen && (
        <p className="text-table text-muted">Choose at least one thing it may do, or cancel.</p>
      )}
      {hint && (
        <p role="status" className="text-table text-muted">
          Enter doesn’t allow. Press Space, or click.
        </p>
      )}
      <div className="flex gap-2">
        <Button className="grow basis-0" disabled={state !== 'open'} onClick={() => void answer('deny')}>
          {state === 'deny' ? 'Going back…' : 'Cancel'}
        </Button>
        <Button
          look="primary"
          className="grow basis-0"
          disabled={!armed || nothingChosen || state !== 'open'}
          onKeyDown={refuseEnter}
          onClick={() => void answer('allow')}
        >
          {state === 'allow' ? 'Connecting…' : 'Allow'}
        </Button>
      </div>
    </div>
  )
}

/** False for half a second whenever the page comes to the front: the second click of a double click meant for another window lands nowhere. */
function useArmed(): boolean {
  const [armed, setArmed] = useState(false)
  useEffect(() => {
    let timer = setTimeout(() => setArmed(true), 500)
    const rearm = () => {
      clearTimeout(timer)
      setArmed(false)
      timer = setTimeout(() => setArmed(true), 500)
    }
    addEventListener('focus', rearm)
    return () => {
      clearTimeout(timer)
      removeEventListener('focus', rearm)
    }
  }, [])
  return armed
}
