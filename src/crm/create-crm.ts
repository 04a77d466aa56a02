import type { Audit } from '#audit'
import type { Clock, Log } from '#foundation'
import type { Storage } from '#storage'
import type { Actor } from '#identity'
import type { FilterContext } from './fields/field-type.ts'
import type { Crm } from './crm.ts'
import type { Desk } from './changes/engine.ts'
import { history } from './changes/history.ts'
import { presentById } from './changes/present.ts'
import { submit } from './changes/submit.ts'
import { undo } from './changes/undo.ts'
import { seedDemo } from './demo/seed-demo.ts'
import { define } from './objects/define.ts'
import { createMetadataCache } from './objects/metadata.ts'
import { attachFile, listFiles, openFile, setFileDeleted } from './files/files.ts'
import { findRecords, getRecord } from './records/records.ts'
import { createAccess, reachable, requireScopes } from './roles/access.ts'
import { describeObject } from './roles/describe.ts'
import { search } from './search/search.ts'
import { changeView, listViews, saveView, setViewDeleted } from './views/views.ts'

export type CrmDependencies = { storage: Storage; audit: Audit; clock: Clock; log: Log }

/** Builds the engine over a database that has {@link crmMigrations}. */
export function createCrm({ storage, audit, clock, log }: CrmDependencies): Crm {
  const metadata = createMetadataCache(storage)
  const compile = createAccess()

  async function deskOf(actor: Actor): Promise<Desk> {
    const current = await metadata.current()
    return { storage, audit, clock, actor, access: compile(actor, current), metadata: current }
  }
  async function readerOf(actor: Actor): Promise<Desk> {
    const desk = await deskOf(actor)
    requireScopes(desk.access, ['read'])
    return desk
  }
  const contextOf = (actor: Actor): FilterContext => ({
    me: actor.kind === 'system' ? null : actor.member,
    now: clock.now(),
  })

  const crm: Crm = {
    objects: {
      async list(actor) {
        const { access } = await readerOf(actor)
        return [...access.objects.values()].map((object) => describeObject(access, object))
      },
      async get(actor, name) {
        const { access } = await readerOf(actor)
        return describeObject(access, reachable(access, name))
      },
      async define(actor, definition) {
        await define({ storage, audit, metadata: await metadata.current() }, actor, definition)
      },
    },
    records: {
      async find(actor, object, query) {
        const { access } = await readerOf(actor)
        return findRecords(storage, access, object, query, contextOf(actor))
      },
      async get(actor, object, id) {
        const { access } = await readerOf(actor)
        return getRecord(storage, access, object, id)
      },
    },
    changes: {
      submit: async (actor, submission) => submit(await deskOf(actor), submission),
      undo: async (actor, id) => undo(await deskOf(actor), id),
      get: async (actor, id) => presentById(await readerOf(actor), id),
      history: async (actor, of) => history(await readerOf(actor), of),
    },
    views: {
      list: async (actor, object) => listViews(await readerOf(actor), object),
      save: async (actor, view) => saveView(await readerOf(actor), view),
      change: async (actor, id, to) => changeView(await readerOf(actor), id, to),
      remove: async (actor, id) => setViewDeleted(await readerOf(actor), id, true),
      restore: async (actor, id) => setViewDeleted(await readerOf(actor), id, false),
    },
    files: {
      list: async (actor, place) => listFiles(await readerOf(actor), place),
      attach: async (actor, place, file) => attachFile(await readerOf(actor), place, file),
      open: async (actor, id) => openFile(await readerOf(actor), id),
      remove: async (actor, id) => setFileDeleted(await readerOf(actor), id, true),
      restore: async (actor, id) => setFileDeleted(await readerOf(actor), id, false),
    },
    search: async (actor, text, options) => search(await readerOf(actor), text, options),
    seedDemo: () => seedDemo({ storage, crm, clock, log }),
  }
  return crm
}
