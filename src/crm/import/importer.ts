import type { FileView, NewSavedView } from '#contract'
import type { SchemaDefinition } from '../objects/definition.ts'

/** Points at what the source calls by that id; becomes a record of ours once that one is here. */
export type SourceRef = { ref: { kind: string; id: string } }

/** One record as the source has it now, in our fields and wire values. Absent fields are left as they are. */
export type ImportRecord = { id: string; values: Readonly<Record<string, unknown>> }

export type ImportBatch = {
  /** Where it comes from: one workspace. */
  source: string
  /** What the source calls this kind of record. */
  kind: string
  /** Our object. */
  object: string
  /** A hundred at most. */
  records: readonly ImportRecord[]
}

export type ImportResult = {
  created: number
  updated: number
  unchanged: number
  /** Fields that somebody changed here since: theirs stay. */
  kept: { id: string; fields: string[] }[]
  /** Values that don't fit here, left out. */
  dropped: { id: string; field: string; why: string }[]
  /** Records that can't be brought over. */
  refused: { id: string; why: string }[]
}

/** How far an import is; what its owner makes of it. */
export type ImportState = Record<string, unknown>

/** Brings what another system has into ours: once, and again for what changed. Runs as the system. */
export interface Importer {
  /** Adds the objects, fields, options and targets that aren't there yet. Says what stands in the way. */
  define(definition: SchemaDefinition): Promise<{ added: string[]; clashes: string[] }>
  /**
   * Writes one batch: new records are created, known ones get what changed at the source since. A crash at any point
   * is made good by the next call: nothing is written twice.
   */
  write(batch: ImportBatch): Promise<ImportResult>
  /** Fills references whose other end came later. Resolves to how many, and how many never will. */
  resolve(source: string): Promise<{ resolved: number; missing: number }>
  /** Our record for one of the source's; null when it wasn't brought over. */
  find(source: string, kind: string, id: string): Promise<{ object: string; id: string } | null>
  /** Hangs a file on a record, once. Null when it is there already. */
  attach(
    from: { source: string; kind: string; id: string },
    place: { object: string; id: string },
    file: { name: string; type: string; bytes: AsyncIterable<Uint8Array> },
  ): Promise<FileView | null>
  /** Keeps a shared view, once. False when it is there already. */
  saveView(from: { source: string; kind: string; id: string }, view: NewSavedView): Promise<boolean>
  /** What a run that didn't end left, or null. `finish` ends it. */
  unfinished(source: string): Promise<ImportState | null>
  /** The state of the last run that ended, or null. */
  lastFinished(source: string): Promise<ImportState | null>
  keep(source: string, state: ImportState): Promise<void>
  finish(source: string, state: ImportState): Promise<void>
}
