import type { Audit } from '#audit'
import { sql } from '#storage'
import type { Storage } from '#storage'
import type { InitialAccessStore, InitialAccessToken } from '../clients/initial-access.ts'
import { auditRow } from './values.ts'

type Row = {
  id: InitialAccessToken['id']
  note: string
  most_uses: number
  uses: number
  created_at: Date
  created_by: string | null
  expires_at: Date
  last_used_at: Date | null
  withdrawn_at: Date | null
}

/** The condition under which a token still lets a client in. */
export const goodToken = (hash: string, at: Date) =>
  sql`hash = ${hash} and uses < most_uses and expires_at > ${at} and withdrawn_at is null`

export function createInitialAccessTable(storage: Storage, audit: Audit): InitialAccessStore {
  const db = storage.db<never>()
  return {
    async add({ id, note, mostUses, createdAt, createdBy, expiresAt }, hash, entry) {
      await sql`
        with added as (
          insert into initial_access_token (id, hash, note, most_uses, created_at, created_by, expires_at)
          values (${id}, ${hash}, ${note}, ${mostUses}, ${createdAt}, ${createdBy}, ${expiresAt}) returning id
        ) ${auditRow(audit, entry, sql`added`)}`.execute(db)
    },
    async list(limit) {
      const { rows } = await sql<Row>`select id, note, most_uses, uses, created_at, created_by, expires_at,
        last_used_at, withdrawn_at from initial_access_token order by created_at desc, id desc limit ${limit}`.execute(
        db,
      )
      return rows.map((row) => ({
        id: row.id,
        note: row.note,
        mostUses: row.most_uses,
        uses: row.uses,
        createdAt: row.created_at,
        createdBy: row.created_by,
        expiresAt: row.expires_at,
        lastUsedAt: row.last_used_at,
        withdrawnAt: row.withdrawn_at,
      }))
    },
    async withdraw(id, at, entry) {
      const { rows } = await sql`
        with withdrawn as (
          update initial_access_token set withdrawn_at = ${at} where id = ${id} and withdrawn_at is null returning id
        ) ${auditRow(audit, entry, sql`withdrawn`)}`.execute(db)
      return rows.length === 1
    },
    async isGood(hash, at) {
      const { rows } = await sql`select id from initial_access_token where ${goodToken(hash, at)}`.execute(db)
      return rows.length === 1
    },
  }
}
