import type { Audit } from '#audit'
import type { MemberId } from '#foundation'
import { sql } from '#storage'
import type { Storage } from '#storage'
import { stopsChanged } from '../grants/stops.ts'
import type { Stop, StopStore } from '../grants/stops.ts'

type Row = {
  client_id: string
  reason: string
  stopped_by: MemberId
  stopped_by_name: string
  stopped_at: Date
}
const everybody = '*'

export function createStopTable(storage: Storage, audit: Audit): StopStore {
  const db = storage.db<never>()
  return {
    async list() {
      const { rows } = await sql<Row>`select client_id, reason, stopped_by, stopped_by_name, stopped_at
        from agent_stop order by stopped_at, client_id`.execute(db)
      return rows.map(toStop)
    },
    put: ({ client, reason, by, at }, entry) =>
      storage.transaction<never, boolean>(async (tx) => {
        const { rows } =
          await sql`insert into agent_stop (client_id, reason, stopped_by, stopped_by_name, stopped_at)
          values (${client ?? everybody}, ${reason}, ${by.member}, ${by.name}, ${at})
          on conflict (client_id) do nothing returning client_id`.execute(tx)
        if (rows.length === 0) return false
        await audit.record(tx, entry)
        await storage.publish(tx, stopsChanged, {})
        return true
      }),
    lift: (client, entry) =>
      storage.transaction<never, boolean>(async (tx) => {
        const { rows } =
          await sql`delete from agent_stop where client_id = ${client ?? everybody} returning client_id`.execute(
            tx,
          )
        if (rows.length === 0) return false
        await audit.record(tx, entry)
        await storage.publish(tx, stopsChanged, {})
        return true
      }),
  }
}

function toStop(row: Row): Stop {
  return {
    client: row.client_id === everybody ? null : row.client_id,
    reason: row.reason,
    by: { member: row.stopped_by, name: row.stopped_by_name },
    at: row.stopped_at,
  }
}
