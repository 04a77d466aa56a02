import type { AuditEntry, AuditFilter } from '#audit'
import type { ChainCheckView, ChainView } from '#contract'
import type { MemberActor } from '#identity'
import { z } from 'zod'
import { given } from '../body.ts'
import type { ApiDependencies } from '../dependencies.ts'
import { ApiFailure } from '../errors.ts'
import { forAdministrators } from '../route.ts'
import type { Route } from '../route.ts'
import { exportAudit, mostExported } from '../audit-export.ts'

/** Times that the database and ISO 8601 write alike. */
const [first, last] = [Date.parse('0001-01-01T00:00:00Z'), Date.parse('9999-12-31T23:59:59Z')]
const moment = z.iso
  .datetime({ offset: true })
  .refine((text) => Date.parse(text) >= first && Date.parse(text) <= last, 'Choose a year from 1 to 9999')
const filter = z.strictObject({
  text: z.string().trim().min(1).max(200).optional(),
  event: z
    .string()
    .regex(/^[a-z_]+(\.[a-z_]+)?$/, 'An event looks like grant.ended')
    .max(64)
    .optional(),
  outcome: z.enum(['ok', 'refused', 'failed']).optional(),
  actor: z.string().min(1).max(200).optional(),
  client: z.string().min(1).max(2000).optional(),
  grant: z.string().min(1).max(64).optional(),
  from: moment.optional(),
  to: moment.optional(),
})
const page = filter.extend({
  before: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})
const exportInput = filter.extend({ format: z.enum(['csv', 'json']) })
const checkInput = z.strictObject({ checkpoint: z.string().max(300).optional() })

export function auditRoutes({ audit, clock }: ApiDependencies): Route[] {
  let walked: Promise<unknown> = Promise.resolve()
  return [
    forAdministrators(
      'GET /audit',
      { summary: 'What happened, newest first: by text, event, actor, client, grant and time', query: page },
      async ({ query: { limit, before, ...asked } }) => ({
        entries: await audit.search(filterOf(asked), { limit, ...given({ before }) }),
      }),
    ),
    forAdministrators(
      'GET /audit/export',
      { summary: 'The same as a file, CSV or JSON', query: exportInput },
      async ({ actor, query: { format, ...asked }, from }) => {
        const wanted = filterOf(asked)
        const { entries: last } = await audit.status()
        const count = await audit.count(wanted, mostExported + 1)
        if (count > mostExported) {
          throw new ApiFailure(
            'too_large',
            `More than ${mostExported.toLocaleString('en')} entries fit. Choose a shorter time or add a filter`,
          )
        }
        audit.note(entryOf('audit.exported', actor, from.ip, { format, entries: count, ...given(asked) }))
        return exportAudit({ audit, filter: wanted, format, last, at: clock.now() })
      },
    ),
    forAdministrators(
      'GET /audit/chain',
      { summary: 'Where the chain ends, and its last checkpoint' },
      async (): Promise<ChainView> => audit.status(),
    ),
    forAdministrators(
      'POST /audit/chain/check',
      { summary: 'Walk the chain; holds it against a checkpoint that was kept elsewhere', body: checkInput },
      async ({ actor, body: { checkpoint }, from }): Promise<ChainCheckView> => {
        // One walk at a time: it reads everything.
        const walk = walked.then(() => audit.check(checkpoint))
        walked = walk.catch(() => undefined)
        const found = await walk
        const { entries, broken, disagrees } = found
        const held = broken === null && disagrees === null
        const why = broken?.why ?? disagrees
        audit.note({
          ...entryOf('audit.checked', actor, from.ip, { entries, ...(why ? { why } : {}) }),
          outcome: held ? 'ok' : 'failed',
        })
        return found
      },
    ),
  ]
}

function filterOf({ from, to, ...asked }: z.infer<typeof filter>): AuditFilter {
  return { ...given(asked), ...given({ from: dateOf(from), to: dateOf(to) }) }
}

function dateOf(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text)
}

function entryOf(
  event: string,
  { member, name }: MemberActor,
  ip: string,
  detail: NonNullable<AuditEntry['detail']>,
): AuditEntry {
  return { event, outcome: 'ok', actor: { kind: 'member', id: member, name }, ip, detail }
}
