import { Link } from '@tanstack/react-router'
import { EmptyState } from '../ui/states.tsx'

export function NotFound() {
  return (
    <main className="grow">
      <EmptyState
        title="There is nothing at this address"
        action={
          <Link to="/" className="font-medium text-accent underline underline-offset-2">
            Go to your records
          </Link>
        }
      >
        The link may be old, or what it led to was deleted.
      </EmptyState>
    </main>
  )
}
