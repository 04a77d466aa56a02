/** What went wrong with a form as a whole. */
export function FormProblem({ message }: { message: string | null }) {
  if (message === null) return null
  return (
    <p role="alert" className="rounded-md bg-danger-soft px-3 py-2 text-table text-danger">
      {message}
    </p>
  )
}
