import type { KeyboardEvent } from 'react'
import type { Active } from './use-grid.ts'

export type GridKey = {
  do: 'move' | 'edit' | 'editName' | 'clear' | 'open' | 'select' | 'extend' | 'remove'
  by?: [rows: number, columns: number]
  typed?: string
}

const arrows: Record<string, [number, number]> = {
  ArrowDown: [1, 0],
  ArrowUp: [-1, 0],
  ArrowRight: [0, 1],
  ArrowLeft: [0, -1],
  PageDown: [15, 0],
  PageUp: [-15, 0],
}

/** On the row itself letters are shortcuts; in a cell they replace the value. Null: not for the grid. */
export function keyAction(
  event: KeyboardEvent,
  { column }: Active,
  selecting: boolean,
  columns: number,
): GridKey | null {
  const { key } = event
  const command = event.ctrlKey || event.metaKey
  const arrow = arrows[key]
  if (arrow && event.shiftKey && arrow[1] === 0) return { do: 'extend', by: arrow }
  if (arrow && !event.altKey)
    return { do: 'move', by: command ? [arrow[0] * 10_000, arrow[1] * 10_000] : arrow }
  if (key === 'Home') return { do: 'move', by: [command ? -1e6 : 0, -1e6] }
  if (key === 'End') return { do: 'move', by: [command ? 1e6 : 0, 1e6] }
  if (command && key === 'Enter') return { do: 'open' }
  if (command || event.altKey) return null
  if ((key === 'Delete' || key === 'Backspace') && selecting) return { do: 'remove' }
  if (column < 0) return onRow(key)
  if (key === 'Tab') {
    // At the edges Tab leaves the grid, so that nobody is trapped in it.
    if (event.shiftKey ? column === 0 : column === columns - 1) return null
    return { do: 'move', by: [0, event.shiftKey ? -1 : 1] }
  }
  if (key === 'Enter' || key === 'F2') return { do: 'edit' }
  if (key === 'Delete' || key === 'Backspace') return { do: 'clear' }
  if (key.length === 1 && key !== ' ') return { do: 'edit', typed: key }
  return null
}

function onRow(key: string): GridKey | null {
  const rowKeys: Record<string, GridKey> = {
    j: { do: 'move', by: [1, 0] },
    k: { do: 'move', by: [-1, 0] },
    x: { do: 'select' },
    ' ': { do: 'select' },
    e: { do: 'editName' },
    o: { do: 'open' },
    Enter: { do: 'open' },
  }
  return rowKeys[key] ?? null
}
