import type { FieldView, ObjectView, RecordView } from '#contract'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { fewOptions, objectsOptions } from '../../api/queries.ts'
import { EmptyState, Skeleton } from '../../ui/states.tsx'
import { pointsTo } from '../fields/points-to.ts'
import { ObjectIcon } from '../object-icon.tsx'

/** Records of other objects that point to this one. */
export function RelatedRecords({ object, record }: { object: ObjectView; record: RecordView }) {
  const { data: objects = [] } = useQuery(objectsOptions)
  const links = objects.flatMap((other) =>
    other.fields.filter((field) => pointsTo(field, object.name)).map((field) => ({ other, field })),
  )
  if (links.length === 0) {
    return (
      <EmptyState title="Nothing points here">
        No object has a field for {object.labelPlural.toLowerCase()}.
      </EmptyState>
    )
  }
  return (
    <div className="flex flex-col gap-5">
      {links.map(({ other, field }) => (
        <Group key={`${other.name}.${field.name}`} other={other} field={field} id={record.id} />
      ))}
    </div>
  )
}

function Group({ other, field, id }: { other: ObjectView; field: FieldView; id: string }) {
  const condition = { field: field.name, op: 'eq' as const, value: id }
  const { data } = useQuery(fewOptions(other.name, { filter: condition }))
  const more = (data?.count ?? 0) - (data?.records.length ?? 0)
  return (
    <section aria-label={other.labelPlural}>
      <h2 className="flex items-center gap-2 text-table font-medium">
        <ObjectIcon icon={other.icon} size={14} /> {other.labelPlural}
        <span className="font-normal text-faint tabular-nums">{data?.count}</span>
      </h2>
      {!data ? (
        <Skeleton lines={2} />
      ) : data.records.length === 0 ? (
        <p className="mt-1 text-table text-faint">None</p>
      ) : (
        <ul className="mt-1 divide-y divide-line rounded-md border border-line">
          {data.records.map((one) => (
            <li key={one.id}>
              <Link
                to="/o/$object"
                params={{ object: other.name }}
                search={{ filter: [condition], record: one.id }}
                className="flex min-h-9 items-center px-3 text-table hover:bg-hover pointer-coarse:min-h-11"
              >
                <span className="truncate">{one.label || 'Untitled'}</span>
              </Link>
            </li>
          ))}
          {more > 0 && (
            <li>
              <Link
                to="/o/$object"
                params={{ object: other.name }}
                search={{ filter: [condition] }}
                className="flex min-h-9 items-center px-3 text-table text-accent hover:bg-hover"
              >
                {more} more
              </Link>
            </li>
          )}
        </ul>
      )}
    </section>
  )
}
