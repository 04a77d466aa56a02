import { accessOf, fingerprintOf } from './tool-definition.ts'
import type { ToolDefinition } from './upstream.ts'

/** A tool as it is kept. `definition`: what agents see. `pending`: what the upstream says now, where nobody accepted that. */
export type Pin = {
  name: string
  definition: ToolDefinition | null
  pending: ToolDefinition | null
  /** `pending` was looked at and not taken. */
  declined: boolean
  access: 'read' | 'write'
  allowed: boolean
  gone: boolean
}

/**
 * What a list is worth. `whole`: everything the upstream has; what isn't in it is gone. `part`: some of it. `persons`:
 * some of it, as one person sees it, whose view takes the place of nothing that an administrator has yet to look at.
 */
export type OfferKind = 'whole' | 'part' | 'persons'
export type PinNews = 'new' | 'changed' | 'gone' | 'same'

/** Agents never see a definition that nobody accepted (tool poisoning): what is new waits beside what they see. */
export function pinsAfter(
  pins: readonly Pin[],
  offered: readonly ToolDefinition[],
  kind: OfferKind,
  /** Fingerprints of tools that Tandem itself wrote: there is nothing to review. */
  own: ReadonlySet<string> = new Set(),
): { changes: { pin: Pin; news: PinNews }[]; forgotten: string[] } {
  const known = new Map(pins.map((pin) => [pin.name, pin]))
  const names = new Set(offered.map(({ name }) => name))
  const changes = offered.flatMap((tool) => {
    const pin = known.get(tool.name)
    return own.has(fingerprintOf(tool)) ? afterOwn(pin, tool) : afterSeeing(pin, tool, kind)
  })
  const missing = kind === 'whole' ? pins.filter(({ name }) => !names.has(name)) : []
  return {
    changes: [
      ...changes,
      ...missing
        .filter(({ definition, gone, pending }) => definition !== null && (!gone || pending !== null))
        .map((pin) => ({
          pin: { ...pin, gone: true, pending: null, declined: false },
          news: pin.gone ? ('same' as const) : ('gone' as const),
        })),
    ],
    // What nobody ever accepted leaves nothing behind; what was declined is remembered, should it come back.
    forgotten: missing
      .filter(({ definition, declined }) => definition === null && !declined)
      .map(({ name }) => name),
  }
}

/** One of ours is accepted as it is; what an administrator turned off stays off. */
function afterOwn(pin: Pin | undefined, tool: ToolDefinition): { pin: Pin; news: PinNews }[] {
  const before = pin?.definition ?? null
  const isThere = before !== null && fingerprintOf(before) === fingerprintOf(tool)
  if (pin && isThere && pin.pending === null && !pin.gone) return []
  // What an administrator said of it stays, unless it does more now than it did.
  const allowed = before === null ? true : (pin?.allowed ?? true)
  const now = {
    definition: tool,
    pending: null,
    declined: false,
    access: before === null || accessOf(tool) === 'write' ? accessOf(tool) : (pin?.access ?? 'write'),
    allowed,
    gone: false,
  }
  return [{ pin: { name: tool.name, ...now }, news: 'same' }]
}

function afterSeeing(
  pin: Pin | undefined,
  tool: ToolDefinition,
  kind: OfferKind,
): { pin: Pin; news: PinNews }[] {
  if (!pin) {
    const { name } = tool
    const fresh = { definition: null, pending: tool, declined: false, allowed: false, gone: false }
    return [{ pin: { name, access: accessOf(tool), ...fresh }, news: 'new' }]
  }
  const fingerprint = fingerprintOf(tool)
  const isAccepted = pin.definition !== null && fingerprintOf(pin.definition) === fingerprint
  if (isAccepted) {
    const same = pin.pending === null && !pin.gone
    // One person's view doesn't take back what waits.
    if (same || (kind === 'persons' && !pin.gone)) return []
    const pending = kind === 'persons' ? {} : { pending: null, declined: false }
    return [{ pin: { ...pin, ...pending, gone: false }, news: 'same' }]
  }
  if (pin.pending !== null && fingerprintOf(pin.pending) === fingerprint)
    return pin.gone ? [{ pin: { ...pin, gone: false }, news: 'same' }] : []
  if (kind === 'persons' && pin.pending !== null && !pin.declined) return []
  const narrowed = pin.definition === null && accessOf(tool) === 'write' ? { access: 'write' as const } : {}
  return [
    {
      pin: { ...pin, ...narrowed, pending: tool, declined: false, gone: false },
      news: pin.definition === null ? 'new' : 'changed',
    },
  ]
}

/** The pin after an administrator took what waits. Annotations alone never widen what a scope reaches. */
export function accepted(pin: Pin): Pin {
  const { definition: before, pending } = pin
  if (pending === null) return pin
  const isNoReader = before !== null && accessOf(before) === 'read' && accessOf(pending) === 'write'
  return {
    ...pin,
    definition: pending,
    pending: null,
    declined: false,
    allowed: before === null ? true : pin.allowed,
    access: isNoReader ? 'write' : pin.access,
  }
}
