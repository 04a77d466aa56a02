import { z } from 'zod'
import { defineTool } from '../../tool.ts'

/** Who the agent is working for and what the grant allows. */
export const whoami = defineTool({
  name: 'whoami',
  title: 'Who am I',
  description: 'The person you work for, their role, and what this grant allows.',
  kind: 'reads',
  repeatable: true,
  scopes: [],
  input: z.strictObject({}),
  output: z.object({
    person: z.object({ id: z.string(), name: z.string(), role: z.string() }),
    app: z.string().nullable(),
    grant: z.string().nullable(),
    scopes: z.array(z.string()),
    objects: z.array(z.string()).nullable().describe('Objects the grant reaches; null = all'),
  }),
  async run({ actor }) {
    if (actor.kind === 'system') {
      const person = { id: 'system', name: actor.name, role: 'system' }
      return { result: { person, app: null, grant: null, scopes: [], objects: null } }
    }
    const person = { id: actor.member, name: actor.name, role: actor.role }
    if (actor.kind === 'member') {
      return { result: { person, app: null, grant: null, scopes: [], objects: null } }
    }
    return {
      result: {
        person,
        app: actor.clientName,
        grant: actor.grant,
        scopes: [...actor.scopes],
        objects: actor.limits.objects ?? null,
      },
    }
  },
})
