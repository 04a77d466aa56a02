import { AddressRefused } from '#foundation'
import type { OutwardClient, StdioServer } from '#foundation'
import type { TakenNames } from '../ports.ts'
import type { UpstreamDirectory } from './directory.ts'
import { UpstreamError } from './upstream-error.ts'
import type { Upstream } from './upstream.ts'

/** Refuses what can't be an upstream, before anything is asked or kept. */
export function createSettingsCheck(deps: {
  issuer: string
  outward: OutwardClient
  stdioServers: readonly StdioServer[]
  taken: TakenNames
  directory: UpstreamDirectory
}) {
  const { issuer, outward, stdioServers, taken, directory } = deps

  const reachable = async (url: string, field: string): Promise<void> => {
    try {
      await outward.check(url)
    } catch (error) {
      const why = error instanceof AddressRefused ? error.message : 'its name has no address'
      const rule = 'Beside public https, only what the operator lists in TANDEM_UPSTREAM_HOSTS may be'
      throw new UpstreamError('invalid', `${url} may not be reached: ${why}. ${rule}`, {
        [field]: `${why}. ${rule}`,
      })
    }
  }
  return {
    name(name: string): void {
      const own =
        reserved.has(name) ||
        taken.prefixes.includes(name) ||
        taken.resources.includes(`${issuer}/mcp/${name}`)
      if (own)
        throw new UpstreamError('conflict', `${name} is a name of Tandem’s own`, {
          name: 'Choose another name',
        })
      if (directory.named(name)) throw nameTaken(name)
    },
    async settings({ url, server, baseUrls, auth }: Pick<Upstream, 'url' | 'server' | 'baseUrls' | 'auth'>) {
      if (server !== null && !stdioServers.some(({ name }) => name === server))
        throw new UpstreamError('invalid', 'There is no such program', {
          server: 'Choose one of the programs that TANDEM_STDIO_SERVERS names',
        })
      if ((auth.kind === 'header' || auth.kind === 'key') && notForSecrets.test(auth.header))
        throw new UpstreamError('invalid', `${auth.header} is not a header for a secret`, {
          auth: 'Choose another header, such as Authorization or X-Api-Key',
        })
      await Promise.all([
        ...(url === null ? [] : [reachable(url, 'url')]),
        ...baseUrls.map((one) => reachable(one, 'baseUrls')),
      ])
    },
  }
}

export function nameTaken(name: string): UpstreamError {
  return new UpstreamError('conflict', `There is an upstream ${name} already`, {
    name: 'Choose another name',
  })
}

// Scopes and addresses of Tandem's own begin with these.
const reserved = new Set(['tandem', 'crm', 'mcp', 'api', 'oauth', 'admin', 'openid'])

// RFC 9110 §7.6.1 and what the connection and MCP themselves say: a secret there would break or smuggle requests.
const notForSecrets =
  /^(host|connection|content-.*|transfer-encoding|te|trailer|upgrade|keep-alive|proxy-.*|accept.*|expect|origin|mcp-.*|last-event-id)$/i
