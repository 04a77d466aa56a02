import { createHash, randomBytes } from 'node:crypto'
import type { Answer } from './ask.ts'
import { clientShapes } from './shapes/client-shapes.ts'
import { Stuck } from './shapes/discover.ts'
import type { Reach } from './shapes/discover.ts'
import { authorizationRequest, readRegistration } from './shapes/requests.ts'
import type { ClientShape } from './shapes/shape.ts'
import { findWayIn } from './shapes/way-in.ts'
import type { WayIn } from './shapes/way-in.ts'
import { DeadEnd } from './walk.ts'
import type { Walk } from './walk.ts'

/** What one known client would make of this server. */
export type Foreseen = { client: string; outcome: 'ok' | 'failed'; what: string; cure?: string }

/** Replays the known clients. What one has fetched, the next is told: no document is asked for twice. */
export async function replay(walk: Walk): Promise<Foreseen[]> {
  const fetched = new Map<string, Promise<Answer>>()
  const reach: Reach = {
    async probe(method) {
      const known = method === 'GET' ? walk.probed : walk.challenge
      if (known) return known
      throw new Stuck('the endpoint doesn’t answer', 'See the first step')
    },
    get(url, headers) {
      const running =
        fetched.get(url) ?? walk.ask(url, { headers: { ...headers, Origin: 'http://localhost:6274' } })
      fetched.set(url, running)
      return running
    },
  }
  const list: Foreseen[] = []
  for (const shape of clientShapes) list.push(await foresee(walk, shape, reach))
  return list
}

async function foresee(walk: Walk, shape: ClientShape, reach: Reach): Promise<Foreseen> {
  try {
    const way = await findWayIn(shape, walk.resource, reach)
    const what = way.identity.kind === 'document' ? 'by its metadata document' : 'by dynamic registration'
    if (walk.register) await tryOut(walk, shape, way)
    return { client: shape.name, outcome: 'ok', what }
  } catch (error) {
    if (error instanceof Stuck)
      return { client: shape.name, outcome: 'failed', what: error.message, cure: error.cure }
    if (!(error instanceof DeadEnd)) throw error
    const { what, cure = '' } = error.finding
    return { client: shape.name, outcome: 'failed', what, cure }
  }
}

/** Registers as the client does and sends its authorization request, as far as the page for its person. */
async function tryOut(walk: Walk, shape: ClientShape, way: WayIn): Promise<void> {
  const clientId = await introduce(walk, shape, way)
  const url = new URL(way.endpoints.authorization)
  const challenge = createHash('sha256').update(randomBytes(32)).digest('base64url')
  for (const [name, value] of authorizationRequest(shape, way, {
    clientId,
    challenge,
    state: 'tandem-doctor',
  })) {
    url.searchParams.append(name, value)
  }
  const answer = await walk.ask(url.href)
  const location = answer.headers.get('location')
  const target = location && URL.canParse(location, url) ? new URL(location, url) : undefined
  const error = target?.searchParams.get('error')
  if (error)
    throw new Stuck(
      `its request is refused: ${error} ${target?.searchParams.get('error_description') ?? ''}`,
      'See the error',
    )
  if (answer.status >= 400) {
    throw new Stuck(
      `its request gets ${answer.status}${messageOf(answer)}`,
      way.identity.kind === 'document'
        ? 'Can the server reach the document? It must take it as it is, and ignore what it doesn’t know'
        : `Accept ${shape.redirectUri} as it registered it; for this computer any port`,
    )
  }
}

async function introduce(walk: Walk, shape: ClientShape, { identity, endpoints }: WayIn): Promise<string> {
  if (identity.kind === 'document') return identity.document.url
  const answer = await walk.ask(endpoints.registration ?? '', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
    body: JSON.stringify({
      ...identity.metadata,
      client_name: `${identity.metadata.client_name} (tandem doctor)`,
    }),
  })
  return String(readRegistration(answer.status, answer.json, shape.redirectUri)['client_id'])
}

/** The heading of an error page, or the description of an error in JSON. */
function messageOf({ text, json }: Answer): string {
  const described =
    typeof json === 'object' && json !== null && 'error_description' in json
      ? json.error_description
      : undefined
  const heading = described ?? /<h1[^>]*>([^<]*)</i.exec(text)?.[1]
  return typeof heading === 'string' ? ` (${heading.slice(0, 200)})` : ''
}
