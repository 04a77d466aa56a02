import type { Reference } from '#contract'
import { useQuery } from '@tanstack/react-query'
import { recordOptions } from '../../../api/queries.ts'

/** Reads `{object, id, label}`, or a bare id of a known object: history keeps ids. */
export function readReference(
  value: unknown,
  object?: string,
): (Omit<Reference, 'label'> & { label?: string }) | null {
  if (typeof value === 'string' && object !== undefined) return { object, id: value }
  if (typeof value !== 'object' || value === null) return null
  if (!('id' in value) || typeof value.id !== 'string') return null
  const of = 'object' in value && typeof value.object === 'string' ? value.object : object
  if (of === undefined) return null
  const label = 'label' in value && typeof value.label === 'string' ? { label: value.label } : {}
  return { object: of, id: value.id, ...label }
}

/** The name of a record, fetched when only its id is known. */
export function ReferenceName({ object, id, label }: { object: string; id: string; label?: string }) {
  const { data, isError } = useQuery({ ...recordOptions(object, id), enabled: label === undefined })
  return <span className="truncate">{label ?? data?.label ?? (isError ? 'a deleted record' : '…')}</span>
}
