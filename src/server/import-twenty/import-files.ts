import { maxFileBytes } from '#contract'
import type { Importer } from '#crm'
import { createOutwardClient, isObject, strangersRule } from '#foundation'
import type { OutwardClient } from '#foundation'
import type { TwentyClient, TwentyRecord } from '#gateway/twenty'
import { targetOf } from './activity-targets.ts'
import { lineOf } from './map-field.ts'
import { note } from './report.ts'
import type { ImportReport } from './report.ts'

const attachment = { singular: 'attachment', plural: 'attachments' }
const timeout = 60_000

type Files = {
  source: string
  client: TwentyClient
  importer: Importer
  outward: OutwardClient
  baseUrl: string
  kinds: readonly string[]
  report: ImportReport
  since: string | null
}

/** Brings attachments over: each once, onto the record that it hangs on. */
export async function importFiles(
  files: Files,
  after: string | null,
  kept: (cursor: string | null) => Promise<void>,
) {
  const { client } = files
  // Whoever writes records there writes addresses: beside the workspace itself they lead to public places alone,
  // whatever the operator lets upstreams reach.
  const strangers = createOutwardClient({ rule: strangersRule(false) })
  let cursor = after
  try {
    do {
      const page = await client.find(attachment, { after: cursor })
      for (const row of page.records) await importFile(files, row, strangers)
      cursor = page.next
      await kept(cursor)
    } while (cursor !== null)
  } finally {
    await strangers.close()
  }
}

async function importFile(files: Files, row: TwentyRecord, strangers: OutwardClient): Promise<void> {
  const { source, importer, kinds, report } = files
  const name = safeName(row)
  const at = targetOf(row, [...kinds, 'note', 'task'])
  const place = at && (await importer.find(source, at.kind, at.id))
  if (!place) return note(report.files.failed, `${name}: what it hangs on wasn’t brought over`)
  const address = addressOf(row, files.baseUrl)
  if (address === null) return note(report.files.failed, `${name}: Twenty gives no address for it`)
  try {
    const own = new URL(address).origin === new URL(files.baseUrl).origin
    const { type, bytes } = await fetchFile(own ? files.outward : strangers, address)
    const from = { source, kind: 'attachment', id: row.id }
    const view = await importer.attach(from, place, { name, type, bytes })
    if (view) report.files.brought++
    else report.files.there++
  } catch (error) {
    note(report.files.failed, `${name}: ${error instanceof Error ? error.message : 'can’t be read'}`)
  }
}

/** The address is signed by Twenty: it is asked without our key, which must not go where an address from a record leads. */
async function fetchFile(outward: OutwardClient, address: string) {
  const answer = await outward.request(address, { method: 'GET', signal: AbortSignal.timeout(timeout) })
  if (answer.statusCode !== 200) {
    await answer.body.dump({ limit: 64 * 1024 })
    throw new Error(`Twenty answers ${answer.statusCode}`)
  }
  const length = Number(answer.headers['content-length'] ?? 0)
  if (length > maxFileBytes) {
    answer.body.destroy()
    throw new Error(`it has more than ${maxFileBytes / 1024 / 1024} MB`)
  }
  const given = answer.headers['content-type']
  return { type: typeof given === 'string' ? (given.split(';')[0] ?? '') : '', bytes: answer.body }
}

/** `fullPath` is an address, or a path below `/files/` with its signature; newer versions have `file` with a `url`. */
function addressOf(row: TwentyRecord, baseUrl: string): string | null {
  const [file] = Array.isArray(row['file']) ? row['file'] : [row['file']]
  const url = isObject(file) ? file['url'] : undefined
  const path = typeof url === 'string' && url !== '' ? url : row['fullPath']
  if (typeof path !== 'string' || path === '') return null
  if (/^https?:/i.test(path)) return URL.canParse(path) ? path : null
  const { origin } = new URL(baseUrl)
  const below = path.startsWith('/') ? path : `/files/${path}`
  return URL.canParse(below, origin) ? new URL(below, origin).href : null
}

function safeName(row: TwentyRecord): string {
  const path =
    typeof row['fullPath'] === 'string' ? (row['fullPath'].split(/[?#]/)[0]?.split('/').at(-1) ?? '') : ''
  const name = lineOf(row['name']) || path || 'file'
  // eslint-disable-next-line no-control-regex -- exactly those go
  return name.replaceAll(/[/\\\u0000-\u001f\u007f\u202a-\u202e\u2066-\u2069]/gu, '_').slice(0, 200)
}
