import type { FieldView, ObjectView } from '#contract'
import { useMemo, useState } from 'react'
import { recall, remember } from '../../ui/remembered.ts'

/** How this browser shows an object's columns. */
export type Layout = { order: string[]; hidden: string[]; sizes: Record<string, number> }

export type Columns = {
  /** All fields in their order, the naming field first. */
  all: FieldView[]
  shown: FieldView[]
  layout: Layout
  change: (next: Partial<Layout>) => void
  reset: () => void
}

export function useColumns(object: ObjectView): Columns {
  const key = `columns.${object.name}`
  const [layout, setLayout] = useState<Layout>(() => read(key) ?? usual(object))
  const all = useMemo(() => arrange(object, layout.order), [object, layout.order])
  const shown = useMemo(
    () => all.filter((field) => field.name === object.labelField || !layout.hidden.includes(field.name)),
    [all, layout.hidden, object.labelField],
  )
  function change(next: Partial<Layout>) {
    setLayout((before) => {
      const after = { ...before, ...next }
      remember(key, JSON.stringify(after))
      return after
    })
  }
  return { all, shown, layout, change, reset: () => change(usual(object)) }
}

/** What the engine keeps is hidden at first, but for who made the record. */
function usual(object: ObjectView): Layout {
  const hidden = object.fields.filter((field) => field.system && field.name !== 'created_by')
  return { order: [], hidden: hidden.map((field) => field.name), sizes: {} }
}

function arrange(object: ObjectView, order: readonly string[]): FieldView[] {
  const rank = (field: FieldView) => {
    if (field.name === object.labelField) return -1
    const at = order.indexOf(field.name)
    return at >= 0 ? at : field.system ? 2000 : 1000
  }
  return object.fields.toSorted((a, b) => rank(a) - rank(b))
}

function read(key: string): Layout | null {
  try {
    const value: unknown = JSON.parse(recall(key) ?? 'null')
    return isLayout(value) ? value : null
  } catch {
    return null
  }
}

function isLayout(value: unknown): value is Layout {
  return (
    typeof value === 'object' &&
    value !== null &&
    'order' in value &&
    Array.isArray(value.order) &&
    'hidden' in value &&
    Array.isArray(value.hidden) &&
    'sizes' in value &&
    typeof value.sizes === 'object' &&
    value.sizes !== null
  )
}
