import type { ClientDetail, ClientView } from '#contract'
import type { Clock } from '#foundation'
import { endedEntry } from '../grants/manage-grants.ts'
import { cleanClients, forgottenClients } from './cleanup.ts'
import type { Cleaned, Forgotten } from './cleanup.ts'
import type { ClientDirectory, ClientFilter } from './client-directory.ts'
import { clientEntry } from './client-entry.ts'
import type { By } from './client-entry.ts'
import type { ClientStore } from './client.ts'
import { createInitialAccess } from './initial-access.ts'
import type { InitialAccess, InitialAccessStore } from './initial-access.ts'
import { changeClient, createClient, rotateSecret } from './manual-client.ts'
import type { CreatedClient, ManualChange, ManualDependencies, NewClient } from './manual-client.ts'
import { clientDetail, clientView } from './view-client.ts'

/** What administrators do with clients. Throws OAuthError with what to change. */
export interface ClientManager {
  create(input: NewClient, by?: By): Promise<CreatedClient>
  /** Seen last, first. `after` is the `next` of the page before. */
  list(
    filter: Omit<ClientFilter, 'after'> & { after?: string | undefined },
  ): Promise<{ clients: ClientView[]; next: string | null }>
  view(id: string): Promise<ClientDetail | null>
  /** Only manual ones are an administrator's to change. Null when there is none of that id. */
  change(id: string, to: ManualChange, by: By): Promise<ClientDetail | null>
  /** The new secret, this once; the old one works for `overlap` seconds more. Null when there is none to replace. */
  rotateSecret(id: string, overlap: number, by: By): Promise<string | null>
  /** Deletes them and ends their grants. Resolves to how many there were. */
  remove(ids: readonly string[], by: By): Promise<number>
  /** Ends every grant of theirs; they may ask again. Resolves to how many ended. */
  endGrants(ids: readonly string[], by: By): Promise<number>
  /** Deletes what was forgotten (design §4). */
  clean(): Promise<Cleaned>
  /** What {@link clean} would delete now. */
  forgotten(): Promise<Forgotten>
  readonly initialAccess: InitialAccess
}

const system: By = { actor: { kind: 'system', name: 'tandem clients' } }

export function createClientManager(
  deps: ManualDependencies & {
    store: ClientStore & ClientDirectory
    initialAccess: InitialAccessStore
    clock: Clock
  },
): ClientManager {
  const { store, clock } = deps
  const detailOf = async (id: string) => {
    const found = await store.look(id)
    return found ? clientDetail(found) : null
  }
  return {
    create: (input, by = system) => createClient(deps, input, by),
    async list({ after, limit, ...filter }) {
      const from = readCursor(after)
      const found = await store.list({ ...filter, after: from, limit: limit + 1 }, clock.now())
      const page = found.slice(0, limit)
      const last = found.length > limit ? page.at(-1)?.client : undefined
      return { clients: page.map(clientView), next: last ? cursorOf(last) : null }
    },
    view: detailOf,
    change: async (id, to, by) => ((await changeClient(deps, id, to, by)) ? detailOf(id) : null),
    rotateSecret: async (id, overlap, by) => (await rotateSecret(deps, id, overlap, by)) ?? null,
    async remove(ids, by) {
      const reason = 'Its app was deleted by an administrator.'
      const removed = await store.remove(
        { ids },
        {
          reason,
          at: clock.now(),
          entryOf: (client) => clientEntry('client.deleted', client, by),
          grantEntryOf: endedEntry(by.actor, reason, by.ip),
        },
      )
      return removed.length
    },
    endGrants(ids, by) {
      const reason = 'An administrator ended the access of its app.'
      return store.endGrantsOf(ids, {
        reason,
        at: clock.now(),
        grantEntryOf: endedEntry(by.actor, reason, by.ip),
      })
    },
    clean: () => cleanClients(deps),
    forgotten: () => forgottenClients(deps),
    initialAccess: createInitialAccess({ store: deps.initialAccess, clock }),
  }
}

/** A place in the list. Whatever else is sent for one starts the list anew. */
function readCursor(text: string | undefined): ClientFilter['after'] {
  // Milliseconds for a few centuries more: later years aren't written alike everywhere.
  const [, at, id] = /^(\d{1,13})~(.+)$/s.exec(text ?? '') ?? []
  return at === undefined || id === undefined ? undefined : { firstSeenAt: new Date(Number(at)), id }
}

function cursorOf({ firstSeenAt, id }: { firstSeenAt: Date; id: string }): string {
  return `${firstSeenAt.getTime()}~${id}`
}
