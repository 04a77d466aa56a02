import type { ChangeView, FieldView, ObjectView } from '#contract'
import { ArrowRight } from 'lucide-react'
import { fieldUi } from '../fields/registry.ts'

/** Before and after of each field that changed, shown as the field shows itself. */
export function Differences({ change, object }: { change: ChangeView; object: ObjectView | undefined }) {
  const fields = object?.fields.filter((field) => !field.system) ?? []
  const ordered = fields.toSorted(
    (a, b) => Number(b.name === object?.labelField) - Number(a.name === object?.labelField),
  )
  const rows = ordered.flatMap((field) => {
    const before = change.before[field.name] ?? null
    const after = change.after[field.name] ?? null
    return before !== null || after !== null ? [{ field, before, after }] : []
  })
  if (rows.length === 0 || change.verb === 'delete') return null
  return (
    <dl className="mt-1 rounded-md border border-line">
      {rows.map(({ field, before, after }) => (
        <div
          key={field.name}
          className="flex min-h-8 flex-wrap items-center gap-x-2 gap-y-0.5 border-line px-2.5 py-1 text-table not-first:border-t"
        >
          <dt className="w-28 shrink-0 truncate text-muted">{field.label}</dt>
          <dd className="flex min-w-0 flex-wrap items-center gap-x-1.5 tabular-nums">
            {change.verb === 'update' && (
              <>
                <Value field={field} value={before} old />
                <ArrowRight size={13} className="shrink-0 text-faint" role="img" aria-label="became" />
              </>
            )}
            <Value field={field} value={after} />
          </dd>
        </div>
      ))}
    </dl>
  )
}

function Value({ field, value, old = false }: { field: FieldView; value: unknown; old?: boolean }) {
  const { Display } = fieldUi(field)
  if (value === null || value === undefined) return <span className="text-faint">empty</span>
  return (
    <span
      className={`inline-block max-w-full min-w-0 truncate ${old ? 'text-muted line-through decoration-line-strong' : ''}`}
    >
      <Display field={field} value={value} />
    </span>
  )
}
