import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { generateKeyPair, exportJWK, SignJWT } from 'jose'
import { clientShapes } from '../../../src/cli/doctor/shapes/client-shapes.ts'
import type { DocumentShape } from '../../../src/cli/doctor/shapes/shape.ts'
import { trustedLocalCertificate } from '../certificate.ts'

/** Stands for claude.ai, chatgpt.com and vscode.dev: serves the clients' metadata documents and keys from this computer. */
export type DocumentHost = Awaited<ReturnType<typeof openDocumentHost>>

export async function openDocumentHost(now = () => new Date()) {
  const { publicKey, privateKey } = await generateKeyPair('RS256')
  const key = { ...(await exportJWK(publicKey)), kid: 'their-key', use: 'sig', alg: 'RS256' }
  const documents = new Map<string, DocumentShape>()
  const keySets = new Set<string>()
  for (const document of clientShapes.flatMap((shape) => shape.documents)) {
    documents.set(pathOf(document.url), document)
    if (document.keys !== undefined) keySets.add(pathOf(document.keys))
  }
  /** What is served instead of the document, while it is set. */
  const state: { instead: number | null; fetches: string[] } = { instead: null, fetches: [] }
  const server = createServer(trustedLocalCertificate(), ({ url = '' }, response) => {
    state.fetches.push(url)
    const document = documents.get(url)
    if (state.instead !== null || (!document && !keySets.has(url))) {
      return void response
        .writeHead(state.instead ?? 404, { 'content-type': 'text/html' })
        .end('<!doctype html>')
    }
    const cacheControl = document?.cacheControl ?? 'max-age=3600'
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': cacheControl })
    response.end(JSON.stringify(document ? contentOf(document) : { keys: [key] }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // listening on a port, not on a pipe
  const here = (url: string) => `https://localhost:${port}${pathOf(url)}`
  const contentOf = ({ url, content, keys }: DocumentShape) => ({
    client_id: here(url),
    ...content,
    ...(keys === undefined ? {} : { jwks_uri: here(keys) }),
  })
  return {
    state,
    /** Where the document of that address is in this world. */
    here,
    /** A client's own assertion of who it is (RFC 7523 §3). */
    assertion: (clientId: string, audience: string) =>
      new SignJWT()
        .setProtectedHeader({ alg: 'RS256', kid: 'their-key' })
        .setIssuer(clientId)
        .setSubject(clientId)
        .setAudience(audience)
        .setJti(crypto.randomUUID())
        .setIssuedAt(now())
        .setExpirationTime(new Date(now().getTime() + 5 * 60_000))
        .sign(privateKey),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const pathOf = (url: string) => url.replace(/^https:\//, '')
