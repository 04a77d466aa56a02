import { mayRead } from './shapes/discover.ts'
import { need } from './server-steps.ts'
import { ok, seen, warning } from './walk.ts'
import type { Seen, Walk } from './walk.ts'

/** Any page: the Inspector's stands for all of them. */
const page = 'http://localhost:6274'

/** What a client in a page needs of machine endpoints (requirements A8, A32, A114). The authorization endpoint needs none. */
export async function cors(walk: Walk): Promise<Seen> {
  const server = need(walk.server)
  const asked: [string, unknown, string, string][] = [
    ['the resource metadata', walk.metadataUrl, 'GET', 'mcp-protocol-version'],
    ['the token endpoint', server['token_endpoint'], 'POST', 'authorization,content-type'],
    ['the registration endpoint', server['registration_endpoint'], 'POST', 'content-type'],
  ]
  for (const [what, url, method, headers] of asked) {
    if (typeof url !== 'string') continue
    const answer = await walk.ask(url, {
      method: 'OPTIONS',
      headers: {
        Origin: page,
        'Access-Control-Request-Method': method,
        'Access-Control-Request-Headers': headers,
      },
    })
    if (answer.status >= 300 || !mayRead(answer, page)) {
      return warning(
        `A page may not use ${what} (its preflight gets ${seen(answer)})`,
        'Answer OPTIONS with Access-Control-Allow-Origin: * and the headers it asks for; clients in browsers need it',
      )
    }
  }
  return ok('Pages may read the metadata and use the endpoints')
}
