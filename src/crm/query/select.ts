import type { RecordView } from '#contract'
import { sql } from '#storage'
import type { Expression, Field, Json, Reach } from '../fields/field-type.ts'
import { typeOf } from '../fields/registry.ts'

export type Row = Record<string, unknown>

/** How fields are read from a statement: what to select, and how to understand a row of it. */
export type Selection = { expressions: Expression[]; read(row: Row): Record<string, unknown> }

/** Selects fields for a reader: references come with their labels. */
export function selectFields(fields: readonly Field[], table: string, reach: Reach): Selection {
  const parts = fields.map((field, i) => {
    const type = typeOf(field)
    const cells = type.select(field, table).map((cell, j) => sql`${cell} as ${sql.id(`f${i}_${j}`)}`)
    const label = type.label?.(field, table, reach)
    return {
      expressions: label ? [...cells, sql`${label} as ${sql.id(`f${i}_label`)}`] : cells,
      read(row: Row) {
        const value = type.load(
          field,
          cells.map((_, j) => row[`f${i}_${j}`]),
        )
        return [field.name, type.format(field, value, row[`f${i}_label`])] as const
      },
    }
  })
  return {
    expressions: parts.flatMap(({ expressions }) => expressions),
    read: (row) => Object.fromEntries(parts.map(({ read }) => read(row))),
  }
}

/** Selects fields as they are held, for those who will change or compare them. */
export function selectHeld(
  fields: readonly Field[],
  table: string,
): { expressions: Expression[]; read(row: Row): Map<string, Json> } {
  const cells = fields.map((field) => typeOf(field).select(field, table))
  return {
    expressions: cells.flatMap((list, i) => list.map((cell, j) => sql`${cell} as ${sql.id(`f${i}_${j}`)}`)),
    read: (row) =>
      new Map(
        fields.map((field, i) => [
          field.name,
          typeOf(field).load(
            field,
            (cells[i] ?? []).map((_, j) => row[`f${i}_${j}`]),
          ),
        ]),
      ),
  }
}

/** A record's view from a row that also selected id, version and label. */
export function recordView(object: string, row: Row, fields: Record<string, unknown>): RecordView {
  return {
    id: String(row['id']),
    object,
    version: Number(row['version']),
    label: String(row['label']),
    fields,
  }
}
