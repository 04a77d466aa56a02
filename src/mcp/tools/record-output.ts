import { z } from 'zod'
import type { RecordView } from '#contract'

/** A record as tools show it. Empty fields are left out: every one of them would be paid for in tokens. */
export const recordOutput = z.object({
  id: z.string(),
  version: z.int(),
  label: z.string(),
  fields: z.record(z.string(), z.unknown()),
})
export type RecordOutput = z.infer<typeof recordOutput>

export function toRecordOutput({ id, version, label, fields }: RecordView): RecordOutput {
  return {
    id,
    version,
    label,
    fields: Object.fromEntries(
      Object.entries(fields).filter(
        ([name, value]) => name !== 'id' && name !== 'version' && !isEmpty(value),
      ),
    ),
  }
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
}
