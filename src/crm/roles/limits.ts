import { z } from 'zod'
import { limits } from '#contract'
import type { Limits } from '#contract'

/** The RFC 9396 type under which a grant's limits travel. */
export const limitsType = 'tandem_crm'

const details = z.strictObject({ type: z.literal(limitsType), objects: limits.shape.objects })
const nothing: Limits = { objects: [] }

/**
 * The limits in a grant's `authorization_details`: one entry of ours, alone or in RFC 9396's array.
 * Fails closed: what can't be read, or has members this version doesn't know, reaches nothing.
 */
export function parseLimits(value: unknown): Limits {
  const list = Array.isArray(value) ? value : [value]
  const ours = list.filter(
    (entry: unknown) =>
      typeof entry === 'object' && entry !== null && 'type' in entry && entry.type === limitsType,
  )
  const parsed = ours.length === 1 ? details.safeParse(ours[0]) : undefined
  if (!parsed?.success) return nothing
  return parsed.data.objects === undefined ? {} : { objects: parsed.data.objects }
}

/** The objects a grant is limited to, sorted; null when it isn't. */
export function parseReach(value: unknown): readonly string[] | null {
  const parsed = limits.safeParse(value)
  if (!parsed.success) return []
  return parsed.data.objects === undefined ? null : [...new Set(parsed.data.objects)].sort()
}
