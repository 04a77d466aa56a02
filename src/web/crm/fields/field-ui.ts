import type { FieldView, Operator } from '#contract'
import type { LucideIcon } from 'lucide-react'
import type { ComponentType } from 'react'

/** A value ready to be written: what the server is sent, and what the page shows until it answers. */
export type Edit = { send: unknown; show: unknown }
export type Parsed = Edit | { problem: string }

/** Where a spreadsheet goes after a commit. */
export type Move = 'stay' | 'down' | 'next' | 'previous'

export type DisplayProps = { field: FieldView; value: unknown }

export type EditorProps = {
  field: FieldView
  value: unknown
  /** What was typed on the cell to begin with; replaces the value. */
  typed?: string | undefined
  onCommit: (edit: Edit, move: Move) => void
  onCancel: () => void
}

export type FilterInputProps = {
  field: FieldView
  op: Operator
  value: unknown
  onChange: (value: unknown) => void
}

/** All that the page knows of one kind of field. Nothing outside a kind's folder branches on the kind. */
export interface FieldUi {
  icon: LucideIcon
  align: 'start' | 'end'
  /** The width of a new column, in pixels. */
  width: number
  /** One line. Null and empty show as nothing. */
  Display: ComponentType<DisplayProps>
  /** Absent: kept by the engine, never edited. */
  Editor?: ComponentType<EditorProps>
  /** The value in plain words: for copying, for screen readers, for sentences. */
  text(value: unknown, field: FieldView): string
  /** What typed or pasted text means. Blank text empties the field. */
  parse(text: string, field: FieldView, current: unknown): Parsed | Promise<Parsed>
  /** The value's part of a filter. Not shown for operators that take none. */
  FilterInput: ComponentType<FilterInputProps>
  /** The value of a filter in words, for its chip. */
  FilterWords: ComponentType<{ field: FieldView; value: unknown }>
  /** The objects whose records its values are. */
  pointsTo?(field: FieldView): string[]
  /** Operators that this kind says in other words. */
  operatorWords?: Partial<Record<Operator, string>>
}

export const nothing: Edit = { send: null, show: null }

/** An edit whose value travels and shows the same way. */
export function plain(value: unknown): Edit {
  return { send: value, show: value }
}
