import { readFileSync } from 'node:fs'
import { SetupError } from '#foundation'
import type { DocumentFetch } from '#oauth'
import { z } from 'zod'

const shape = z.record(z.url({ protocol: /^https$/ }), z.record(z.string(), z.unknown()))

/** Whether it is about a client: its own address stands in it (client ID metadata document draft §4). */
const isDocument = (url: string, document: Record<string, unknown>) => document['client_id'] === url

/**
 * Documents that are used in place of those at their addresses: for installs that reach no network. The file holds
 * one JSON object, address to document; key sets (`jwks_uri`) too. @throws SetupError
 */
export function readPinnedDocuments(file: string): Map<string, string> {
  let read: z.infer<typeof shape>
  try {
    read = shape.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch (cause) {
    throw new SetupError(`${file} must hold one JSON object of https addresses and their documents`, {
      cause,
    })
  }
  for (const [url, document] of Object.entries(read)) {
    if (!isDocument(url, document) && !('keys' in document)) {
      throw new SetupError(`${file}: the document of ${url} must name that address as its client_id`)
    }
  }
  return new Map(Object.entries(read).map(([url, document]) => [url, JSON.stringify(document)] as const))
}

/** Answers pinned addresses from memory and fetches the others. */
export function withPinnedDocuments(
  pinned: ReadonlyMap<string, string>,
  fetch: DocumentFetch,
): DocumentFetch {
  return async (url, options) => {
    const body = pinned.get(url)
    if (body === undefined) return fetch(url, options)
    return { status: 200, contentType: 'application/json', body, etag: null, cacheControl: 'max-age=86400' }
  }
}
