import { createHash } from 'node:crypto'
import type { Audit } from '#audit'
import { fileName, maxFileBytes } from '#contract'
import type { FileView } from '#contract'
import { newId } from '#foundation'
import type { Clock, Id } from '#foundation'
import { auditActor } from '#identity'
import type { Actor } from '#identity'
import { sql } from '#storage'
import type { Storage } from '#storage'
import { CrmError } from '../errors.ts'
import { getRecord } from '../records/records.ts'
import { reachable, requireRight, requireScopes } from '../roles/access.ts'
import type { Access } from '../roles/access.ts'

type Desk = { storage: Storage; audit: Audit; access: Access; actor: Actor; clock: Clock }
type Place = { object: string; id: string }
type FileId = Id<'fil'>
type Row = {
  id: FileId
  object: string
  record_id: string
  name: string
  type: string
  size: number
  created_at: Date
  created_by: { name?: string; clientName?: string }
}

/** Bytes of one part: what one statement carries. */
const partBytes = 256 * 1024
const mostPerRecord = 500
const columns = sql`id, object, record_id, name, type, size, created_at, created_by`

/** The files of a record that the actor may read, newest first. */
export async function listFiles(desk: Desk, place: Place): Promise<FileView[]> {
  await getRecord(desk.storage, desk.access, place.object, place.id)
  const { rows } = await sql<Row>`select ${columns} from file
    where record_id = ${place.id} and object = ${place.object} and deleted_at is null
    order by created_at desc, id limit ${mostPerRecord}`.execute(desk.storage.db<never>())
  return rows.map(viewOf)
}

/**
 * Hangs a file on a record that the actor may change: whole, or not at all. Held in memory until its last byte is
 * here, so callers bound how many come at once. @throws CrmError `too_large` beyond {@link maxFileBytes}.
 */
export async function attachFile(
  desk: Desk,
  place: Place,
  given: { name: string; type: string; bytes: AsyncIterable<Uint8Array> },
): Promise<FileView> {
  const { access, actor, storage, audit, clock } = desk
  requireScopes(access, ['update'])
  requireRight(reachable(access, place.object), 'update')
  await getRecord(storage, access, place.object, place.id)
  const name = fileName.safeParse(given.name)
  if (!name.success)
    throw new CrmError('invalid', `The file’s name ${name.error.issues[0]?.message ?? 'isn’t one'}`, {
      fields: { name: 'isn’t a file name' },
    })
  const type = /^[\w.+-]{1,80}\/[\w.+-]{1,80}$/.test(given.type) ? given.type : 'application/octet-stream'
  // Read whole before anything is written: a sender who stops half-way leaves nothing.
  const parts: Buffer[] = []
  const digest = createHash('sha256')
  let size = 0
  for await (const bytes of given.bytes) {
    size += bytes.byteLength
    if (size > maxFileBytes)
      throw new CrmError('too_large', `A file can have ${maxFileBytes / 1024 / 1024} MB at most`)
    digest.update(bytes)
    parts.push(Buffer.from(bytes))
  }
  const whole = Buffer.concat(parts)
  return storage.transaction<never, FileView>(async (tx) => {
    const { rows } = await sql<Row>`
      insert into file (id, object, record_id, name, type, size, sha256, created_at, created_by)
      select ${newId('fil')}, ${place.object}, ${place.id}, ${name.data}, ${type}, ${size}, ${digest.digest('hex')},
        ${clock.now()}, cast(${JSON.stringify(auditActor(actor))} as jsonb)
      where (select count(*) from file where record_id = ${place.id} and deleted_at is null) < ${mostPerRecord}
      returning ${columns}`.execute(tx)
    const [row] = rows
    if (!row) throw new CrmError('too_large', `A record can have ${mostPerRecord} files at most`)
    for (let at = 0, position = 0; at < size; at += partBytes, position++) {
      // As text: the two drivers agree on it.
      const text = whole.subarray(at, at + partBytes).toString('base64')
      await sql`insert into file_part values (${row.id}, ${position}, decode(${text}, 'base64'))`.execute(tx)
    }
    await audit.record(tx, entry(desk, 'file.attached', row))
    return viewOf(row)
  })
}

/** The file and its bytes, part by part. @throws CrmError `not_found` when its record is out of reach. */
export async function openFile(
  desk: Desk,
  id: string,
): Promise<{ file: FileView; bytes: AsyncIterable<Uint8Array> }> {
  const row = await find(desk, id, false)
  return { file: viewOf(row), bytes: partsOf(desk.storage, row.id) }
}

/** Takes it off its record, or puts it back. */
export async function setFileDeleted(desk: Desk, id: string, deleted: boolean): Promise<void> {
  const { access, storage, audit, clock } = desk
  const row = await find(desk, id, !deleted)
  requireScopes(access, ['update'])
  requireRight(reachable(access, row.object), 'update')
  await storage.transaction<never, void>(async (tx) => {
    const changed = await sql`update file set deleted_at = ${deleted ? clock.now() : null}
      where id = ${row.id} and (deleted_at is null) = ${deleted} returning id`.execute(tx)
    if (changed.rows.length > 0)
      await audit.record(tx, entry(desk, deleted ? 'file.removed' : 'file.restored', row))
  })
}

async function find(desk: Desk, id: string, deleted: boolean): Promise<Row> {
  const { rows } = await sql<Row>`select ${columns} from file
    where id = ${id} and (deleted_at is not null) = ${deleted}`.execute(desk.storage.db<never>())
  const [row] = rows
  if (!row) throw gone()
  // Whoever may not read the record doesn't learn that it has files.
  await getRecord(desk.storage, desk.access, row.object, row.record_id).catch((cause: unknown) => {
    throw cause instanceof CrmError && cause.code === 'not_found' ? gone() : cause
  })
  return row
}

async function* partsOf(storage: Storage, id: FileId): AsyncIterable<Uint8Array> {
  for (let position = 0; ; position++) {
    const { rows } = await sql<{ text: string }>`select encode(bytes, 'base64') as text from file_part
      where file_id = ${id} and position = ${position}`.execute(storage.db<never>())
    const [part] = rows
    if (!part) return
    yield Buffer.from(part.text, 'base64')
  }
}

function entry({ actor }: Desk, event: string, row: Row) {
  return {
    event,
    outcome: 'ok' as const,
    actor: auditActor(actor),
    subject: { kind: 'record', id: row.record_id },
    detail: { object: row.object, file: row.id, name: row.name, size: row.size },
  }
}

function viewOf({ id, name, type, size, created_at: at, created_by: by }: Row): FileView {
  return {
    id,
    name,
    type,
    size: Number(size),
    at: at.toISOString(),
    by: by.clientName ?? by.name ?? 'Tandem',
  }
}

function gone(): CrmError {
  return new CrmError('not_found', 'There is no such file')
}
