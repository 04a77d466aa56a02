import { z } from 'zod'
import { defineTool } from '../../tool.ts'
import { changeSetOutput, toChangeSetOutput } from '../change-set-output.ts'

/** Takes a change set back, without touching what was changed since. */
export const undo = defineTool({
  name: 'undo',
  title: 'Undo changes',
  description:
    'Take back one change set. Fields changed again since then keep their newer value and are listed as conflicts.',
  kind: 'changes',
  repeatable: true,
  scopes: ['crm:write'],
  input: z.strictObject({ change_set: z.string().min(1).max(64).describe('From apply_changes or history') }),
  output: z.object({
    undone: changeSetOutput.nullable().describe('null = nothing was left to take back'),
    conflicts: z.array(
      z.object({
        object: z.string(),
        id: z.string(),
        label: z.string(),
        field: z.string(),
        current: z.unknown(),
        would_restore: z.unknown(),
      }),
    ),
  }),
  async run({ actor, crm }, { change_set }) {
    const { changeSet, conflicts } = await crm.changes.undo(actor, change_set)
    return {
      result: {
        undone: changeSet && toChangeSetOutput(changeSet),
        conflicts: conflicts.map(({ object, recordId, label, field, current, wouldRestore }) => ({
          object,
          id: recordId,
          label,
          field,
          current,
          would_restore: wouldRestore,
        })),
      },
      audit: { count: changeSet?.changes.length ?? 0 },
    }
  },
})
