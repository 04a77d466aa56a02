import { z } from 'zod'
import { condition, sortKey } from './query.ts'

/** How a table is shown: which fields, in which order. */
export const viewColumns = z.strictObject({
  order: z.array(z.string().min(1).max(64)).max(500),
  hidden: z.array(z.string().min(1).max(64)).max(500),
})

const content = {
  name: z.string().trim().min(1).max(80),
  filter: z.array(condition).max(20),
  sort: z.array(sortKey).max(3),
  columns: viewColumns.nullable(),
  /** True: everybody sees it; false: who made it alone. */
  shared: z.boolean(),
}

/** A new saved view of one object's records. */
export const newSavedView = z.strictObject({ object: z.string().min(1).max(64), ...content })
export type NewSavedView = z.infer<typeof newSavedView>

export const savedViewChange = z.strictObject(content).partial()
export type SavedViewChange = z.infer<typeof savedViewChange>

export type SavedView = NewSavedView & {
  id: string
  /** Whether the asking member may change it: her own, and for administrators every shared one. */
  mine: boolean
}

/** A file that hangs on a record. */
export type FileView = {
  id: string
  name: string
  /** Media type as it was given; files are only ever offered for saving. */
  type: string
  /** Bytes. */
  size: number
  at: string
  by: string
}

/** The largest file, in bytes. */
export const maxFileBytes = 25 * 1024 * 1024
export const fileName = z
  .string()
  .trim()
  .min(1)
  .max(200)
  // eslint-disable-next-line no-control-regex -- exactly those are refused
  .regex(/^[^/\\\u0000-\u001f\u007f\u202a-\u202e\u2066-\u2069]+$/u, 'has a slash or an invisible character')
