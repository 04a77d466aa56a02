import type { FieldView, RecordView } from '#contract'

/** A field's value; the id and the version stand beside the fields of a record, not among them. */
export function valueOf(record: RecordView, field: Pick<FieldView, 'name'>): unknown {
  if (field.name === 'id') return record.id
  if (field.name === 'version') return record.version
  return record.fields[field.name]
}
