import type { UpstreamDirectory } from '../upstreams/directory.ts'
import { UpstreamError } from '../upstreams/upstream-error.ts'
import { addressesOf } from '../upstreams/upstream.ts'
import type { Upstream } from '../upstreams/upstream.ts'

/**
 * The upstream somebody means: by its name, or the only one that takes people's keys. One that is switched off counts
 * where she has a key of hers there. @throws UpstreamError
 */
export function chooseUpstream(
  directory: Pick<UpstreamDirectory, 'all'>,
  name: string | undefined,
  hers: ReadonlySet<string> = new Set(),
): Upstream {
  const takers = directory.all().filter(({ auth }) => auth.kind === 'key')
  const open = takers.filter(({ enabled, id }) => enabled || hers.has(id))
  const meant = name === undefined ? open[0] : takers.find((one) => one.name === name)
  if (!meant)
    throw new UpstreamError(
      'not_found',
      name === undefined
        ? 'No server here takes people’s keys'
        : 'No server of that name takes people’s keys',
    )
  if (name === undefined && open.length > 1) {
    const names = open.map((one) => one.name).join(', ')
    throw new UpstreamError('invalid', `Say which server: upstream is one of ${names}`, {
      upstream: `is one of ${names}`,
    })
  }
  return meant
}

/**
 * The address a key is for, as the list of allowed ones spells it. Compared whole: a key must not go to what only begins
 * like an allowed address. @throws UpstreamError
 */
export function chooseAddress(upstream: Upstream, asked: string | undefined): string {
  const [own = '', ...others] = addressesOf(upstream)
  if (asked === undefined || asked === '') return own
  const wanted = plain(asked)
  const address = wanted === null ? undefined : [own, ...others].find((one) => plain(one) === wanted)
  if (address !== undefined) return address
  throw new UpstreamError('invalid', `This is no address of ${upstream.title}`, {
    baseUrl: upstream.kind === 'stdio' ? 'is not needed' : `is one of ${[own, ...others].join(', ')}`,
  })
}

/** People leave the last slash out. */
function plain(text: string): string | null {
  if (!URL.canParse(text)) return null
  const url = new URL(text)
  return url.username || url.password || url.hash ? null : url.href.replace(/\/$/, '')
}
