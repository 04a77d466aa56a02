import { DatabaseSync } from 'node:sqlite'

/** oidc-provider's storage in one SQLite file: write-ahead log, an fsync for every acknowledged write. */
export function sqliteAdapter(file) {
  const db = new DatabaseSync(file)
  db.exec(`
    pragma journal_mode = wal;
    pragma synchronous = full;
    create table if not exists entry (
      model text not null, id text not null, payload text not null,
      uid text, grant_id text, expires_at integer, consumed_at integer,
      primary key (model, id)
    ) without rowid;
    create index if not exists entry_uid on entry (uid) where uid is not null;
    create index if not exists entry_grant on entry (grant_id) where grant_id is not null;
  `)
  const upsert = db.prepare(
    `insert into entry (model, id, payload, uid, grant_id, expires_at) values (?, ?, ?, ?, ?, ?)
     on conflict (model, id) do update set payload = excluded.payload, uid = excluded.uid,
       grant_id = excluded.grant_id, expires_at = excluded.expires_at`,
  )
  const live = `(expires_at is null or expires_at > ?)`
  const byId = db.prepare(`select payload, consumed_at from entry where model = ? and id = ? and ${live}`)
  const byUid = db.prepare(`select payload, consumed_at from entry where model = ? and uid = ? and ${live}`)
  const consume = db.prepare(`update entry set consumed_at = ? where model = ? and id = ?`)
  const destroy = db.prepare(`delete from entry where model = ? and id = ?`)
  const revoke = db.prepare(`delete from entry where grant_id = ?`)
  const now = () => Math.floor(Date.now() / 1000)
  const read = (row) => {
    if (!row) return undefined
    const payload = JSON.parse(row.payload)
    return row.consumed_at ? { ...payload, consumed: row.consumed_at } : payload
  }

  return class SqliteAdapter {
    constructor(model) {
      this.model = model
    }

    async upsert(id, payload, expiresIn) {
      const uid = this.model === 'Session' ? payload.uid : null
      const grantId = this.model === 'Session' ? null : (payload.grantId ?? null)
      const expiresAt = expiresIn ? now() + expiresIn : null
      upsert.run(this.model, id, JSON.stringify(payload), uid, grantId, expiresAt)
    }

    async find(id) {
      return read(byId.get(this.model, id, now()))
    }

    async findByUid(uid) {
      return read(byUid.get(this.model, uid, now()))
    }

    async findByUserCode() {
      return undefined
    }

    async consume(id) {
      consume.run(now(), this.model, id)
    }

    async destroy(id) {
      destroy.run(this.model, id)
    }

    async revokeByGrantId(grantId) {
      revoke.run(grantId)
    }
  }
}
