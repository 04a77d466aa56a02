import type { Audit, AuditFilter, ListedEntry } from '#audit'

/** Entries in one file: what a spreadsheet still opens. */
export const mostExported = 100_000
const pageSize = 1000

type Format = { type: string; start: string; entry(entry: ListedEntry, first: boolean): string; end: string }

const columns = [
  'seq',
  'at',
  'event',
  'outcome',
  'actor_kind',
  'actor_id',
  'actor_name',
  'client',
  'client_name',
  'grant',
  'subject_kind',
  'subject_id',
  'subject_name',
  'ip',
  'detail',
] as const

const formats: Record<'csv' | 'json', Format> = {
  csv: {
    type: 'text/csv; charset=utf-8',
    start: `${columns.join(',')}\r\n`,
    entry: (entry) => `${cellsOf(entry).map(cell).join(',')}\r\n`,
    end: '',
  },
  json: {
    type: 'application/json',
    start: '[',
    entry: (entry, first) => `${first ? '\n' : ',\n'}${JSON.stringify(entry)}`,
    end: '\n]\n',
  },
}

/** The entries that fit, newest first, as a file that is written while it is read: never all of it in memory. */
export function exportAudit({
  audit,
  filter,
  format,
  last,
  at,
}: {
  audit: Pick<Audit, 'search'>
  filter: AuditFilter
  format: 'csv' | 'json'
  /** The newest entry that may be in it: what is written meanwhile, the export's own entry first, isn't. */
  last: number
  at: Date
}): Response {
  const { type, start, entry, end } = formats[format]
  const encoder = new TextEncoder()
  let before = last + 1
  let sent = 0
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(encoder.encode(start)),
    async pull(controller) {
      const options = { limit: Math.min(pageSize, mostExported - sent), before }
      const entries = options.limit > 0 ? await audit.search(filter, options) : []
      const text = entries.map((one, index) => entry(one, sent + index === 0)).join('')
      sent += entries.length
      before = entries.at(-1)?.seq ?? before
      if (text !== '') controller.enqueue(encoder.encode(text))
      if (entries.length === options.limit && options.limit > 0) return
      controller.enqueue(encoder.encode(end))
      controller.close()
    },
  })
  const name = `tandem-audit-${at.toISOString().slice(0, 19).replaceAll(':', '')}Z.${format}`
  return new Response(body, {
    headers: {
      'Content-Type': type,
      'Content-Disposition': `attachment; filename="${name}"`,
      'Cache-Control': 'no-store',
    },
  })
}

function cellsOf({ seq, at, event, outcome, actor, subject, ip, detail }: ListedEntry): string[] {
  return [
    String(seq),
    at,
    event,
    outcome,
    actor.kind,
    actor.id ?? '',
    actor.name ?? '',
    actor.client ?? '',
    actor.clientName ?? '',
    actor.grant ?? '',
    subject?.kind ?? '',
    subject?.id ?? '',
    subject?.name ?? '',
    ip ?? '',
    detail ? JSON.stringify(detail) : '',
  ]
}

/**
 * RFC 4180 §2. An app chooses its own name: one that begins like a formula must not become one in whoever's
 * spreadsheet opens the file (CSV injection), so it is set off by an apostrophe.
 */
function cell(text: string): string {
  const harmless = /^[\s"']*[=+\-@|%＝＋－＠]/.test(text) || /^[\t\r\n]/.test(text) ? `'${text}` : text
  return /[",\r\n']/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
