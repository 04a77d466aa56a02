import type { UpstreamHealth, UpstreamToolView, UpstreamView } from '#contract'
import { fingerprintOf } from './tool-definition.ts'
import { differencesOf } from './tool-differences.ts'
import { warningsOf } from './tool-warnings.ts'
import type { KnownNames } from './tool-warnings.ts'
import type { KeptPin, UpstreamState } from './upstream-store.ts'
import type { Upstream } from './upstream.ts'

const noTools = { waiting: 0, accepted: 0, allowed: 0 }

export function viewUpstream(
  upstream: Upstream,
  issuer: string,
  state: UpstreamState | undefined,
  counts: UpstreamView['counts'] = noTools,
): UpstreamView {
  const { id, name, title, kind, url, server, auth, limits, enabled } = upstream
  return {
    id,
    name,
    title,
    kind,
    url,
    server,
    baseUrls: [...upstream.baseUrls],
    auth,
    limits,
    ipAllowlist: [...upstream.ipAllowlist],
    enabled,
    resource: `${issuer}/mcp/${name}`,
    createdAt: (state?.createdAt ?? upstream.changedAt).toISOString(),
    changedAt: upstream.changedAt.toISOString(),
    health: healthOf(upstream, state),
    counts,
  }
}

function healthOf({ enabled }: Upstream, state: UpstreamState | undefined): UpstreamHealth {
  const known = {
    since: state?.since?.toISOString() ?? null,
    checkedAt: state?.checkedAt?.toISOString() ?? null,
    trouble: state?.trouble ?? null,
  }
  if (!enabled) return { ...known, state: 'off' }
  if (!state?.checkedAt) return { ...known, state: 'unchecked' }
  return { ...known, state: state.trouble === null ? 'well' : 'trouble' }
}

export function viewTool(pin: KeptPin, known: KnownNames): UpstreamToolView {
  const { name, definition, pending, access, allowed, acceptedAt } = pin
  const shown = definition ?? pending
  return {
    name,
    title: titleOf(shown),
    description: shown?.description ?? '',
    state: stateOf(pin),
    access,
    allowed,
    accepted: definition,
    waiting: pending && {
      fingerprint: fingerprintOf(pending),
      definition: pending,
      differences: differencesOf(definition, pending),
      // Whose name it looks like was looked at when it was accepted.
      warnings: warningsOf(pending, definition === null ? known : new Map()),
    },
    acceptedAt: acceptedAt?.toISOString() ?? null,
  }
}

function titleOf(shown: KeptPin['definition']): string | null {
  const title = shown?.title ?? shown?.annotations?.['title']
  return typeof title === 'string' && title !== '' ? title : null
}

function stateOf({ definition, pending, declined, gone }: KeptPin): UpstreamToolView['state'] {
  if (gone) return 'gone'
  if (pending === null) return 'accepted'
  if (declined) return 'declined'
  return definition === null ? 'new' : 'changed'
}
