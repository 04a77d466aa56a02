import { useEffect } from 'react'

/** Milliseconds before the browser goes on by itself: time to read two sentences. The code waits for a minute. */
const pause = 6000

/** She said yes; an administrator has to as well. Says so before the browser goes back to the app. */
export function Waiting({ app, next }: { app: string; next: string }) {
  useEffect(() => {
    const timer = setTimeout(() => location.assign(next), pause)
    return () => clearTimeout(timer)
  }, [next])
  return (
    <div role="status">
      <h1 className="text-title font-semibold [overflow-wrap:anywhere]">
        <bdi>{app}</bdi> waits for an administrator
      </h1>
      <p className="mt-2 text-sm text-muted">
        You allowed it, and the administrators of this Tandem have been told. Until one of them approves it,
        it can do nothing. You don’t have to do this again.
      </p>
      <p className="mt-4 flex flex-wrap items-center gap-x-4 gap-y-2 text-sm">
        <a
          href={next}
          className="inline-flex h-9 items-center rounded-md bg-accent-fill px-3 font-medium text-white hover:bg-accent-fill-hover pointer-coarse:h-11"
        >
          Back to the app
        </a>
        <a className="font-medium text-accent underline underline-offset-2" href="/connected-apps">
          See where it stands
        </a>
      </p>
    </div>
  )
}
