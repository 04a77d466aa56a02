import type { Audit } from '#audit'
import { sql } from '#storage'
import type { Storage } from '#storage'
import { pollInterval } from '../device/device-request.ts'
import type { DevicePoll, DeviceRequest, DeviceStore } from '../device/device-request.ts'
import { toTerms } from './grants.ts'
import type { TermsRow } from './grants.ts'
import { auditRow, json, text, time } from './values.ts'

type Row = {
  hash: string
  user_hash: string
  client_id: string
  code_challenge: string | null
  resource: string
  scopes: string[]
  ip: string
  address: string
  created_at: Date
  expires_at: Date
}
type PollRow = {
  state: 'pending' | 'allowed' | 'denied' | 'used'
  live: boolean
  early: boolean
  resource: string
}

export function createDeviceTable(storage: Storage, audit: Audit): DeviceStore {
  const db = storage.db<never>()
  return {
    async begin(request, most) {
      const { hash, userHash, clientId, codeChallenge, resource, scopes, createdAt, expiresAt } = request
      // Counted no further than the share, so that a full table costs no more than an empty one.
      const { rows } = await sql`
        insert into device_request (hash, user_hash, client_id, code_challenge, resource, scopes, ip, address,
          created_at, expires_at, poll_interval)
        select ${text(hash)}, ${text(userHash)}, ${text(clientId)}, ${text(codeChallenge)}, ${text(resource)},
          ${json(scopes)}, ${text(request.ip)}, ${text(request.address)}, ${time(createdAt)}, ${time(expiresAt)}, cast(${pollInterval} as integer)
        where (select count(*) from (select 1 from device_request where address = ${request.address} and expires_at > ${createdAt}
            limit ${most.perAddress}) as own) < ${most.perAddress}
          and (select count(*) from (select 1 from device_request where expires_at > ${createdAt}
            limit ${most.inAll}) as whole) < ${most.inAll}
        on conflict (user_hash) do nothing returning hash`.execute(db)
      return rows.length === 1
    },

    async findWaiting(userHash, now) {
      const { rows } = await sql<Row>`
        select hash, user_hash, client_id, code_challenge, resource, scopes, ip, address, created_at,
          expires_at from device_request where user_hash = ${userHash} and state = 'pending' and expires_at > ${now}`.execute(
        db,
      )
      return rows[0] && toRequest(rows[0])
    },

    async collect(claim, { id, at, refresh }, entry) {
      // As with codes: all it is bound to stands in the condition, and of many at once the row's lock lets one
      // through (RFC 8628 §3.5; attacks V3, V6).
      const { rows } = await sql<TermsRow>`
        with collected as (
          update device_request set state = 'used', grant_id = ${id}
          where hash = ${claim.hash} and client_id = ${claim.clientId} and state = 'allowed' and expires_at > ${at}
            and code_challenge is not distinct from ${text(claim.codeChallenge)}
            and resource = coalesce(${text(claim.resource ?? null)}, resource)
          returning member, client_id, client, resource, scopes, details, grant_expires_at as expires_at,
            case when provisional then 'provisional' else 'active' end as status
        ), given as (
          insert into oauth_grant (id, kind, member, client_id, client, resource, scopes, details, expires_at, status,
            created_at, refresh_hash, refresh_expires_at, refresh_jkt)
          select ${text(id)}, 'device_code', member, client_id, client, resource, scopes, details, expires_at,
            status, ${time(at)}, ${text(refresh?.hash ?? null)}, ${time(refresh?.idleUntil ?? null)},
            ${text(refresh?.boundTo ?? null)}
          from collected
        ), noted as (${auditRow(
          audit,
          entry,
          sql`collected`,
          sql`jsonb_build_object('detail', jsonb_build_object(
          'grant_type', 'device_code', 'member', member, 'resource', resource, 'scope', scopes))`,
        )})
        select 'device_code' as kind, null as parent, member, client_id, client, resource, scopes, details,
          expires_at, status from collected`.execute(db)
      return rows[0] && toTerms(rows[0])
    },

    async poll(hash, clientId, at) {
      // RFC 8628 §3.5: slow_down holds for this and all later polls, so it is written down with the poll itself.
      const { rows } = await sql<PollRow>`
        with asked as (
          select hash as this, state as was, expires_at > ${at} as live, resource as target,
            state = 'pending' and polled_at > cast(${at} as timestamptz) - poll_interval * interval '1 second' as early
          from device_request where hash = ${hash} and client_id = ${clientId} for update
        ), noted as (
          update device_request set polled_at = ${at},
            poll_interval = poll_interval + case when early then cast(${pollInterval} as integer) else 0 end
          from asked where hash = this and was = 'pending' and live
        )
        select was as state, live, coalesce(early, false) as early, target as resource from asked`.execute(db)
      return rows[0] && toPoll(rows[0])
    },
  }
}

function toRequest(row: Row): DeviceRequest {
  return {
    hash: row.hash,
    userHash: row.user_hash,
    clientId: row.client_id,
    codeChallenge: row.code_challenge,
    resource: row.resource,
    scopes: row.scopes,
    ip: row.ip,
    address: row.address,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  }
}

function toPoll({ state, live, early, resource }: PollRow): DevicePoll {
  if (state === 'denied' || state === 'used') return { state }
  if (!live) return { state: 'expired' }
  return state === 'pending' ? { state, early } : { state, resource }
}
