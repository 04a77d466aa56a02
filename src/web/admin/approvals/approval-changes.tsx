import type { ApprovalView } from '#contract'

/** What an administrator approved beside what the app is now: gone lines struck, new ones marked. */
export function ApprovalChanges({ changes }: Pick<ApprovalView, 'changes'>) {
  return (
    <div className="border-t border-line p-4">
      <h4 className="text-xs font-medium text-faint">Changed since it was approved</h4>
      <dl className="mt-2 flex flex-col gap-2 text-table">
        {changes.map(({ what, before, after }) => (
          <div key={what} className="flex gap-3 max-sm:flex-col max-sm:gap-0.5">
            <dt className="w-24 shrink-0 text-faint">{what}</dt>
            <dd className="min-w-0 [overflow-wrap:anywhere]">
              {before
                .filter((line) => !after.includes(line))
                .map((line) => (
                  <del key={line} className="block text-muted">
                    {line}
                  </del>
                ))}
              {after.map((line) =>
                before.includes(line) ? (
                  <span key={line} className="block">
                    {line}
                  </span>
                ) : (
                  <ins key={line} className="block font-medium text-amber no-underline">
                    <span aria-hidden>+ </span>
                    {line}
                  </ins>
                ),
              )}
              {after.length === 0 && <span className="block text-faint">None any more</span>}
            </dd>
          </div>
        ))}
      </dl>
    </div>
  )
}
