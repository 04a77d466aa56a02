import { z } from 'zod'
import type { ActorView, ChangeSetView } from '#contract'

/** A change set as tools show it: who, when, why, and what was before and after. */
export const changeSetOutput = z.object({
  change_set: z.string(),
  at: z.string(),
  by: z.string(),
  reason: z.string().optional(),
  status: z.enum(['applied', 'undone']),
  undoes: z.string().optional(),
  changes: z.array(
    z.object({
      object: z.string(),
      id: z.string(),
      label: z.string(),
      verb: z.enum(['create', 'update', 'delete', 'restore']),
      before: z.record(z.string(), z.unknown()),
      after: z.record(z.string(), z.unknown()),
    }),
  ),
})
export type ChangeSetOutput = z.infer<typeof changeSetOutput>

export function toChangeSetOutput(set: ChangeSetView): ChangeSetOutput {
  return {
    change_set: set.id,
    at: set.at,
    by: nameOf(set.actor),
    ...(set.reason === null ? {} : { reason: set.reason }),
    status: set.status,
    ...(set.undoes === null ? {} : { undoes: set.undoes }),
    changes: set.changes.map(({ object, recordId, label, verb, before, after }) => ({
      object,
      id: recordId,
      label,
      verb,
      before,
      after,
    })),
  }
}

function nameOf(actor: ActorView): string {
  return actor.kind === 'agent' ? `${actor.clientName} for ${actor.name}` : actor.name
}
