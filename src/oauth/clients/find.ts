import type { Client, ClientStore } from './client.ts'
import { isForgotten } from './client.ts'
import type { DocumentClients } from './metadata-document.ts'
import { readDocumentUrl } from './metadata-document.ts'
import type { Clock } from '#foundation'

/** One lookup for every kind of client; nobody else tells them apart. */
export type FoundClient =
  | { found: 'client'; client: Client }
  /** Nobody by that id: at /authorize a page that says to register again, at /token 401 invalid_client (A113). */
  | { found: 'unknown'; why: string }
  /** Its metadata document can't be had now: 503 temporarily_unavailable, never invalid_client (A71). */
  | { found: 'unavailable'; why: string }
  /** Its document or the client policy says no. `why` may be shown. */
  | { found: 'refused'; why: string }

export type FindClient = (
  id: string,
  options: {
    /**
     * `authorize` may fetch a metadata document. `token` never does: the client was seen at /authorize, and a
     * refresh must not hang on somebody else's web server (A138).
     */
    at: 'authorize' | 'token'
    ip: string
  },
) => Promise<FoundClient>

const unknown: FoundClient = {
  found: 'unknown',
  why: 'This client is not known here. Register it again: remove the connection in the app, then connect anew.',
}

export function createFindClient(deps: {
  store: ClientStore
  documents: DocumentClients
  clock: Clock
  allowLoopback: boolean
}): FindClient {
  const { store, documents, clock, allowLoopback } = deps
  return async (id, { at, ip }) => {
    const documentUrl = readDocumentUrl(id, { allowLoopback })
    // Our own ids never look like an address (A137), so neither kind can take over the other (attacks D11).
    if (documentUrl === undefined && !/^cli_[0-9a-z]{26}$/.test(id)) return unknown
    let known = await store.find(id)
    // It may have been deleted and come back since it was read: ask the database itself.
    if (known && isForgotten(known, clock.now())) known = await store.find(id, 'anew')
    const client = known && !isForgotten(known, clock.now()) ? known : undefined
    if (documentUrl === undefined || at === 'token') return client ? { found: 'client', client } : unknown
    return documents.current(documentUrl, known, ip)
  }
}
