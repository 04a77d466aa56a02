import type { ChangeUpstreamInput, NewUpstreamInput } from '#contract'
import { addressList, newId } from '#foundation'
import type { UpstreamAccess } from '../engine.ts'
import { UpstreamError } from './upstream-error.ts'
import { baseUrlOf } from './upstream.ts'
import type { Upstream } from './upstream.ts'

/** An upstream as somebody asks for it, before it is one. */
export function draftOf(input: NewUpstreamInput, at: Date): Upstream {
  const { name, title, kind, auth, limits } = input
  return {
    id: newId('ups'),
    name,
    title,
    kind,
    url: kind === 'stdio' ? null : new URL(input.url).href,
    server: kind === 'stdio' ? input.server : null,
    baseUrls: kind === 'twenty' ? input.baseUrls.map((url) => new URL(url).href) : [],
    auth,
    limits,
    ipAllowlist: [],
    enabled: true,
    changedAt: at,
    tools: new Map(),
  }
}

/** What a call carries when somebody tries out a credential that is kept nowhere yet. */
export function accessWith(draft: Upstream, credential: string | undefined): UpstreamAccess {
  const { auth } = draft
  const baseUrl = baseUrlOf(draft)
  if (credential === undefined || auth.kind === 'none' || auth.kind === 'oauth')
    return { baseUrl, headers: {}, secret: null }
  const value = auth.kind === 'key' ? auth.prefix + credential : credential
  return { baseUrl, headers: { [auth.header]: value }, secret: credential }
}

/** What a change makes of it; only what was asked for, so that two who change two things both get theirs. */
export function settingsAfter(
  now: Upstream,
  to: Omit<ChangeUpstreamInput, 'credential'>,
): { settings: Partial<Upstream>; next: Upstream; moves: boolean } {
  if (to.url !== undefined && now.url === null)
    throw new UpstreamError('invalid', 'A program has no address', { url: 'Leave it out' })
  if (to.server !== undefined && now.server === null)
    throw new UpstreamError('invalid', 'Only a program can be another program', { server: 'Leave it out' })
  if (to.baseUrls && now.kind !== 'twenty')
    throw new UpstreamError('invalid', 'Only Twenty has other workspaces', { baseUrls: 'Leave it out' })
  const settings: Partial<Upstream> = {
    ...(to.title !== undefined && { title: to.title }),
    ...(to.url !== undefined && { url: new URL(to.url).href }),
    ...(to.server !== undefined && { server: to.server }),
    ...(to.baseUrls && { baseUrls: to.baseUrls.map((url) => new URL(url).href) }),
    ...(to.auth && { auth: to.auth }),
    ...(to.limits && { limits: to.limits }),
    ...(to.ipAllowlist && { ipAllowlist: checkedAddresses(to.ipAllowlist) }),
    ...(to.enabled !== undefined && { enabled: to.enabled }),
  }
  const next = { ...now, ...settings }
  return { settings, next, moves: baseUrlOf(next) !== baseUrlOf(now) || next.auth.kind !== now.auth.kind }
}

function checkedAddresses(entries: readonly string[]): readonly string[] {
  try {
    return addressList(entries).entries
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new UpstreamError('invalid', error.message, { ipAllowlist: error.message })
  }
}
