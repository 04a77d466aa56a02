import { z } from 'zod'
import { outsiders, outsidersSchema } from '../../outsiders.ts'
import { defineTool } from '../../tool.ts'
import { recordOutput, toRecordOutput } from '../record-output.ts'

/** One record with all its fields. */
export const get = defineTool({
  name: 'get',
  title: 'Get a record',
  description: 'One record with all fields and its version, which apply_changes wants back.',
  kind: 'reads',
  repeatable: true,
  scopes: ['crm:read'],
  input: z.strictObject({ object: z.string().min(1).max(64), id: z.string().min(1).max(64) }),
  output: z.object({ object: z.string(), record: recordOutput, source: outsidersSchema }),
  async run({ actor, crm }, { object, id }) {
    const record = await crm.records.get(actor, object, id)
    return {
      result: { object, record: toRecordOutput(record), source: outsiders },
      audit: { object, count: 1 },
    }
  },
})
