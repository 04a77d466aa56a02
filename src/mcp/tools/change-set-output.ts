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
  more_changes: z.int().optional().describe('Changes left out here'),
})
export type ChangeSetOutput = z.infer<typeof changeSetOutput>

/** `most` bounds the changes shown: an import can have hundreds in one change set. */
export function toChangeSetOutput(set: ChangeSetView, most = 100): ChangeSetOutput {
  return {
    change_set: set.id,
    at: set.at,
    by: nameOf(set.actor),
    ...(set.reason === null ? {} : { reason: set.reason }),
    status: set.status,
    ...(set.undoes === null ? {} : { undoes: set.undoes }),
    changes: set.changes.slice(0, most).map(({ object, recordId, label, verb, before, after }) => ({
      object,
      id: recordId,
      label,
      verb,
      before,
      after,
    })),
    ...(set.changes.length > most ? { more_changes: set.changes.length - most } : {}),
  }
}

function nameOf(actor: ActorView): string {
  return actor.kind === 'agent' ? `${actor.clientName} for ${actor.name}` : actor.name
}
