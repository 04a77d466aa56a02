import type { z } from 'zod'
import type { FieldKind, Operator, Reference } from '#contract'
import type { RawBuilder } from '#storage'

/** A value as JSON: what a field holds between the wire and its columns. References are held without labels. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/** One field of one object, its settings already parsed by its own type. */
export type Field = {
  id: string
  object: string
  name: string
  label: string
  description: string | null
  kind: FieldKind
  settings: unknown
  required: boolean
  unique: boolean
  readOnly: 'no' | 'always' | 'after_create'
  /** The wire value a record gets when its creator gives none. */
  defaultValue: Json
  /** A regular expression that the value's text must match whole. */
  pattern: string | null
  standard: boolean
  system: boolean
  /** The first column's name; further columns append their suffix. */
  column: string
}

export type Column = {
  /** '' for the first, `__something` for the others. */
  suffix: string
  /** PostgreSQL type, with its collation where order or equality depends on it. */
  type: string
  /** Table this column points to, by id. */
  references?: string
  /** True for the column that order and uniqueness look at, when there are several. */
  key?: boolean
  /** True for an array that is searched by its entries. */
  entries?: boolean
}

export type Expression = RawBuilder<unknown>
export type Condition = RawBuilder<boolean>

/** How records are put in order by a field, so that keyset pages can continue anywhere. */
export type SortExpression = {
  expression: Expression
  /** The type a page cursor's text is cast back to. */
  type: 'text' | 'numeric' | 'date' | 'timestamptz' | 'integer' | 'boolean'
  nullable: boolean
}

/** What a filter may need to know about who asks, and when. */
export type FilterContext = { me: string | null; now: Date }

/** Tables of the objects the asking actor may read; a reference to anything else has no label. */
export type Reach = { tableOf(object: string): string | null }

/** Says whether one operator's value makes sense (throws {@link FieldProblem}) and compiles it. */
export type Filter = (field: Field, table: string, value: unknown, context: FilterContext) => Condition

/**
 * All that the engine knows of one kind of field. Nothing outside a type's folder branches on the kind.
 * `table` is always the alias under which the record's table stands in the statement.
 */
export interface FieldType {
  kind: FieldKind
  settings: z.ZodType
  columns(field: Field): Column[]
  /** Wire → held value. Throws {@link FieldProblem} with a sentence for people and agents. Blank becomes null. */
  parse(field: Field, input: unknown): Json
  /** Held value → one JSON value per column, in the order of `columns`. */
  store(field: Field, value: Json): Json[]
  /** What to select, one expression per cell. */
  select(field: Field, table: string): Expression[]
  /** The selected cells → held value. */
  load(field: Field, cells: unknown[]): Json
  /** Held value → what a reader sees. `label` answers {@link FieldType.label}. */
  format(field: Field, value: Json, label: unknown): unknown
  /** A subquery for the name of what the value points to. */
  label?(field: Field, table: string, reach: Reach): Expression
  /** What the value points to: `member` or an object's name, and the id. */
  reference?(field: Field, value: Json): Omit<Reference, 'label'> | null
  /** The field as seen by someone who reaches only some objects; null hides it. */
  narrow?(field: Field, reaches: (object: string) => boolean): Field | null
  filters: Partial<Record<Operator, Filter>>
  sort: ((field: Field, table: string) => SortExpression) | null
  /** The words of the value: for search, for patterns, and for the label of a record it names. */
  text(value: Json): string
  /** JSON Schema of what `parse` accepts. */
  jsonSchema(field: Field): Record<string, unknown>
  equal(a: Json, b: Json): boolean
}

/** A value that a field refuses. The message completes "<field>: …". */
export class FieldProblem extends Error {
  override readonly name = 'FieldProblem'
}
