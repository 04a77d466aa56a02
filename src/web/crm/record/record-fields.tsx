import type { ObjectView, RecordView } from '#contract'
import { valueOf } from '../record-value.ts'
import { updateRecord } from '../writing.ts'
import { PropertyList } from './property-list.tsx'

/** The record's own fields first, then what Tandem keeps. */
export function RecordFields({ object, record }: { object: ObjectView; record: RecordView }) {
  const own = object.fields
    .filter((field) => !field.system)
    .toSorted((a, b) => Number(b.name === object.labelField) - Number(a.name === object.labelField))
  const kept = object.fields.filter((field) => field.system)
  const keptValues = Object.fromEntries(kept.map((field) => [field.name, valueOf(record, field)]))
  return (
    <>
      <PropertyList
        fields={own}
        values={record.fields}
        editable={object.can.update}
        onEdit={(field, edit) => void updateRecord(record, { [field.name]: edit }, field.label)}
      />
      <details className="mt-4 border-t border-line pt-2">
        <summary className="rounded-sm py-1.5 text-xs font-medium text-faint">Kept by Tandem</summary>
        <PropertyList fields={kept} values={keptValues} editable={false} onEdit={() => {}} />
      </details>
    </>
  )
}
