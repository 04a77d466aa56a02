import type {
  ChangeSetView,
  FileView,
  HistoryPage,
  NewSavedView,
  ObjectView,
  Query,
  RecordPage,
  RecordView,
  SavedView,
  SavedViewChange,
  SearchHit,
  Submission,
  UndoResult,
} from '#contract'
import type { Actor } from '#identity'
import type { SchemaDefinition } from './objects/definition.ts'

/** The engine's door. Every function takes the actor first and restricts what it reads and writes by role and grant. */
export interface Crm {
  objects: {
    /** The objects this actor may read, with the fields it may see. */
    list(actor: Actor): Promise<ObjectView[]>
    get(actor: Actor, object: string): Promise<ObjectView>
    /**
     * Adds objects and fields with their tables and columns, in one transaction: all or nothing, in effect everywhere
     * at once. For administrators in the browser and for the system; never for agents. `invalid` names what is wrong.
     */
    define(actor: Actor, definition: SchemaDefinition): Promise<void>
  }
  records: {
    find(actor: Actor, object: string, query: Query): Promise<RecordPage>
    get(actor: Actor, object: string, id: string): Promise<RecordView>
  }
  changes: {
    /**
     * Validates, writes, diffs and audits in one transaction: all intents or none. `invalid` names the fields,
     * as `name` or, when there are several intents, as `intents.3.name`; a `conflict` of versions tells the
     * current one as `fields.version`.
     */
    submit(actor: Actor, submission: Submission): Promise<ChangeSetView>
    /**
     * Writes the inverse as a change set of its own. Fields changed since stay as they are and are reported;
     * when none could be restored, nothing is written and `changeSet` is null. A second time is a `conflict`.
     */
    undo(actor: Actor, id: string): Promise<UndoResult>
    get(actor: Actor, id: string): Promise<ChangeSetView>
    /** Newest first, of one record, or of everything the actor may read. */
    history(
      actor: Actor,
      of: { object?: string; id?: string; after?: string; limit?: number; grant?: string },
    ): Promise<HistoryPage>
  }
  /** How people look at an object's records: shared, or their own. */
  views: {
    list(actor: Actor, object: string): Promise<SavedView[]>
    save(actor: Actor, view: NewSavedView): Promise<SavedView>
    change(actor: Actor, id: string, to: SavedViewChange): Promise<SavedView>
    remove(actor: Actor, id: string): Promise<void>
    restore(actor: Actor, id: string): Promise<void>
  }
  /** Files that hang on records: read by who may read the record, hung on by who may change it. */
  files: {
    list(actor: Actor, place: { object: string; id: string }): Promise<FileView[]>
    attach(
      actor: Actor,
      place: { object: string; id: string },
      file: { name: string; type: string; bytes: AsyncIterable<Uint8Array> },
    ): Promise<FileView>
    open(actor: Actor, id: string): Promise<{ file: FileView; bytes: AsyncIterable<Uint8Array> }>
    remove(actor: Actor, id: string): Promise<void>
    restore(actor: Actor, id: string): Promise<void>
  }
  search(actor: Actor, text: string, options?: { objects?: string[]; limit?: number }): Promise<SearchHit[]>
  /** Fills a believable sales team's data, once. */
  seedDemo(): Promise<void>
}
