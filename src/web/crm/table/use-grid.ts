import type { FieldView, RecordView } from '#contract'
import {
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
  type FocusEvent,
  type KeyboardEvent,
  type RefObject,
} from 'react'
import { toast } from '../../ui/toast.tsx'
import { nothing, type Edit, type Move } from '../fields/field-ui.ts'
import { fieldUi } from '../fields/registry.ts'
import { updateRecord } from '../writing.ts'
import { copyText, pasteText } from './clipboard.ts'
import { keyAction, type GridKey } from './grid-keys.ts'
import type { GridProps } from './record-grid.tsx'
import { useClipboard } from './use-clipboard.ts'

/** Null: no cell is being edited. `typed` is what began it, when a letter did. */
export type Editing = { typed: string | undefined } | null
/** Row and column that have the keyboard; column −1 is the row itself. */
export type Active = { row: number; column: number }

export type GridActions = {
  activate: (row: number, column: number) => void
  edit: (row: number, column: number) => void
  stopEditing: () => void
  commit: (record: RecordView, field: FieldView, edit: Edit, move: Move) => void
  select: (row: number, shift: boolean) => void
  open: (id: string) => void
}

/** Which cell has the keyboard, whether it is being edited, and what keys, copy and paste do to it. */
export function useGrid(
  props: GridProps,
  scroller: RefObject<HTMLDivElement | null>,
  scrollTo: (row: number) => void,
) {
  const [active, setActive] = useState<Active>({ row: -1, column: -1 })
  const [editing, setEditing] = useState<Editing>(null)
  /** True when the active cell should hold the focus: after a key or a click here, not after loading. */
  const holding = useRef(false)
  const anchor = useRef<number | null>(null)
  const latest = useRef({ props, active })
  useEffect(() => {
    latest.current = { props, active }
  })

  useEffect(() => {
    if (editing || !holding.current) return
    const cell = scroller.current?.querySelector<HTMLElement>(`[data-cell="${active.row}:${active.column}"]`)
    if (!cell || cell === document.activeElement) return
    cell.focus({ preventScroll: true })
    reveal(cell, scroller.current)
  })

  const go = useCallback(
    (row: number, column: number) => {
      const { rows, columns, opened, onOpen } = latest.current.props
      const next = {
        row: Math.min(Math.max(row, 0), rows.length - 1),
        column: Math.min(Math.max(column, -1), columns.shown.length - 1),
      }
      holding.current = true
      setActive(next)
      scrollTo(next.row)
      // With the panel open, moving along the rows looks through the records.
      const record = rows[next.row]
      if (opened && record && record.id !== opened && next.row !== latest.current.active.row)
        onOpen(record.id)
    },
    [scrollTo],
  )

  const actions = useMemo<GridActions>(
    () => ({
      activate(row, column) {
        holding.current = true
        setEditing((before) =>
          latest.current.active.row === row && latest.current.active.column === column ? before : null,
        )
        setActive({ row, column })
      },
      edit(row, column) {
        holding.current = true
        setActive({ row, column })
        setEditing({ typed: undefined })
      },
      stopEditing() {
        holding.current = true
        setEditing(null)
      },
      commit(record, field, edit, move) {
        holding.current = true
        setEditing(null)
        if (edit.send !== undefined) {
          void updateRecord({ object: record.object, id: record.id }, { [field.name]: edit }, field.label)
        }
        const { row, column } = latest.current.active
        if (move === 'down') go(row + 1, column)
        if (move === 'next') go(row, column + 1)
        if (move === 'previous') go(row, column - 1)
      },
      select(row, shift) {
        const { rows, selected, onSelect } = latest.current.props
        const next = new Set(selected)
        const from = shift && anchor.current !== null ? anchor.current : row
        const record = rows[row]
        if (!record) return
        const on = !selected.has(record.id)
        for (const one of rows.slice(Math.min(from, row), Math.max(from, row) + 1)) {
          if (on) next.add(one.id)
          else next.delete(one.id)
        }
        anchor.current = row
        onSelect(next)
      },
      open: (id) => latest.current.props.onOpen(id),
    }),
    [go],
  )

  const record = props.rows[active.row]
  const field = props.columns.shown[active.column]
  const editable =
    field !== undefined &&
    props.object.can.update &&
    !field.readOnly &&
    !field.system &&
    fieldUi(field).Editor !== undefined

  const run: Record<GridKey['do'], (key: GridKey) => void> = {
    move: ({ by: [rows, columns] = [0, 0] }) => go(active.row + rows, active.column + columns),
    edit: ({ typed }) => {
      if (editable) setEditing({ typed })
      else if (field) toast(`${field.label} can’t be edited`)
    },
    editName: () => {
      setActive({ row: active.row, column: 0 })
      setEditing({ typed: undefined })
    },
    clear: () => {
      if (!record || !field || !editable) return
      if (field.required) toast(`${field.label} can’t be empty`)
      else void updateRecord(record, { [field.name]: nothing }, field.label)
    },
    open: () => record && props.onOpen(record.id),
    select: () => actions.select(active.row, false),
    extend: ({ by: [rows] = [0, 0] }) => {
      anchor.current ??= active.row
      const next = props.rows[active.row + rows]
      if (record && next) props.onSelect(new Set([...props.selected, record.id, next.id]))
      go(active.row + rows, active.column)
    },
    remove: () => props.selected.size > 0 && props.onDelete(),
  }

  function onKeyDown(event: KeyboardEvent) {
    if (editing || event.nativeEvent.isComposing || !isCell(event.target)) return
    const key = keyAction(event, active, props.selected.size > 0, props.columns.shown.length)
    if (!key) return
    event.preventDefault()
    event.stopPropagation()
    run[key.do](key)
  }
  useClipboard({
    // Browsers address these events by selection, not by focus: a focused cell may not be on their way.
    enabled: () => !editing && isCell(document.activeElement),
    copy: () => copyText(props, active),
    paste: (text) => void pasteText(props, active, text),
  })
  function onFocus(event: FocusEvent) {
    // Tabbing into the grid lands on the row it was left at.
    const at = event.target instanceof HTMLElement ? event.target.dataset['cell'] : undefined
    if (at === undefined) return
    const [row = 0, column = -1] = at.split(':').map(Number)
    holding.current = true
    if (row !== active.row || column !== active.column) setActive({ row, column })
  }
  function onBlur(event: FocusEvent) {
    // Whoever took the focus keeps it: a later drawing of the table must not fetch it back.
    const to = event.relatedTarget
    if (!(to instanceof Node) || !event.currentTarget.contains(to)) holding.current = false
  }
  function onScroll() {
    // A scrolled-away cell keeps its place but not the focus, or the page would jump back to it.
    if (document.activeElement === document.body) holding.current = false
  }
  return { active, editing, actions, onKeyDown, onFocus, onBlur, onScroll }
}

function isCell(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.dataset['cell'] !== undefined
}

/** Scrolls sideways so that the sticky columns don't cover the cell. */
function reveal(cell: HTMLElement, scroller: HTMLElement | null) {
  if (!scroller || getComputedStyle(cell).position === 'sticky') return
  const covered = scroller.querySelector<HTMLElement>('[data-cell$=":0"]')
  const sticky =
    covered && getComputedStyle(covered).position === 'sticky' ? covered.offsetLeft + covered.offsetWidth : 40
  const box = cell.getBoundingClientRect()
  const frame = scroller.getBoundingClientRect()
  const inset = Math.min(sticky, frame.width / 2)
  if (box.left < frame.left + inset) scroller.scrollLeft -= frame.left + inset - box.left
  else if (box.right > frame.right) scroller.scrollLeft += box.right - frame.right
}
