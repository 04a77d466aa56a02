import { z } from 'zod'
import type { Intent } from '#contract'
import { submission } from '#contract'
import { CrmError } from '#crm'
import { defineTool } from '../../tool.ts'
import type { ToolContext } from '../../tool.ts'
import { changeSetOutput, toChangeSetOutput } from '../change-set-output.ts'
import { toRecordOutput } from '../record-output.ts'

const { intents, reason, idempotencyKey } = submission.shape

/** Creates, updates and deletes records: all of it or none. */
export const applyChanges = defineTool({
  name: 'apply_changes',
  title: 'Change records',
  description:
    'Create, update and delete records in one step: all or none. Send only fields that change; send the version you read so that nobody’s newer work is lost. The answer’s change_set can be undone.',
  kind: 'changes',
  repeatable: false,
  scopes: ['crm:write'],
  scopesFor: neededScopes,
  input: z.strictObject({
    changes: intents,
    reason: reason.describe('Why, in a sentence; people see it in the history'),
    idempotency_key: idempotencyKey.describe('Same key, same answer: makes a retry safe'),
  }),
  output: changeSetOutput,
  async run({ actor, crm }, { changes, reason, idempotency_key }) {
    const set = await crm.changes.submit(actor, {
      intents: changes,
      ...(reason === undefined ? {} : { reason }),
      ...(idempotency_key === undefined ? {} : { idempotencyKey: idempotency_key }),
    })
    const objects = new Set(set.changes.map((change) => change.object))
    return {
      result: toChangeSetOutput(set),
      audit: { object: [...objects].join(','), count: set.changes.length },
    }
  },
  current: (context, { changes }) => staleRecords(context, changes),
})

/** Deleting is a scope of its own; a call of deletions only doesn't need to write besides. Reads what was sent, before it was checked. */
function neededScopes(sent: unknown): string[] {
  const changes = typeof sent === 'object' && sent !== null && 'changes' in sent ? sent.changes : undefined
  const verbs = new Set(Array.isArray(changes) ? changes.map(verbOf) : [])
  const deletes = verbs.delete('delete')
  if (!deletes) return ['crm:write']
  return verbs.size > 0 ? ['crm:write', 'crm:delete'] : ['crm:delete']
}

function verbOf(change: unknown): unknown {
  return typeof change === 'object' && change !== null && 'do' in change ? change.do : undefined
}

/** After a conflict: the records that are newer than the caller thought, as they are now. */
async function staleRecords({ actor, crm }: ToolContext, changes: readonly Intent[]): Promise<unknown> {
  const stale = []
  for (const change of changes.slice(0, 20)) {
    if (change.do === 'create' || change.version === undefined) continue
    try {
      const record = await crm.records.get(actor, change.object, change.id)
      if (record.version !== change.version) stale.push({ object: change.object, ...toRecordOutput(record) })
    } catch (error) {
      if (!(error instanceof CrmError)) throw error
    }
  }
  return stale.length > 0 ? stale : undefined
}
