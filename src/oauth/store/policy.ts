import type { Audit } from '#audit'
import { clientPolicy } from '#contract'
import type { PolicyOutcome } from '#contract'
import type { MemberId } from '#foundation'
import { sql } from '#storage'
import type { Storage } from '#storage'
import type { KeptDecision, PolicyStore, StoredPolicy } from '../clients/policy/policy-store.ts'
import { auditRow, text, time } from './values.ts'

const topic = 'oauth.policy'
/** Days a decision is remembered, and how many: of one subject, of strangers, and in all. */
const kept = { days: 30, each: 50, strangers: 2000, all: 10_000 }

type PolicyRow = { version: number; policy: unknown; saved_at: Date; saved_by: MemberId }
type DecisionRow = {
  subject: string
  client_id: string | null
  name: string
  stage: string
  outcome: PolicyOutcome
  rule: string
  why: string
  redirect: string
  ip: string | null
  version: number
  first_at: Date
  last_at: Date
  times: number
}

export function createPolicyTable(storage: Storage, audit: Audit): PolicyStore {
  const db = storage.db<never>()
  return {
    async current() {
      const { rows } = await sql<PolicyRow>`select version, policy, saved_at, saved_by from client_policy
        order by version desc limit 1`.execute(db)
      return rows[0] && toStored(rows[0])
    },
    async versions(limit) {
      const { rows } = await sql<PolicyRow>`select version, policy, saved_at, saved_by from client_policy
        order by version desc limit ${limit}`.execute(db)
      return rows.map(toStored)
    },
    save: ({ policy, basedOn, at, by }, entry) =>
      storage.transaction<never, boolean>(async (tx) => {
        // Of two at once the key lets one in, and the other saved over what it hadn't seen.
        const { rows } = await sql`
          with saved as (
            insert into client_policy (version, policy, saved_at, saved_by)
            select cast(${basedOn + 1} as integer), cast(${JSON.stringify(policy)} as jsonb), ${time(at)}, ${text(by)}
            where (select coalesce(max(version), 0) from client_policy) = cast(${basedOn} as integer)
            on conflict do nothing returning version
          ) ${auditRow(audit, entry, sql`saved`)}`.execute(tx)
        if (rows.length === 0) return false
        await storage.publish(tx, topic, { version: String(basedOn + 1) })
        return true
      }),
    onChange(listener) {
      const leave = [storage.events.subscribe(topic, () => listener()), storage.events.onGap(listener)]
      return () => leave.forEach((stop) => stop())
    },

    async keepDecisions(decisions) {
      const rows = decisions.map((one) => ({
        subject: one.subject,
        client_id: one.clientId,
        name: one.name,
        stage: one.stage,
        outcome: one.outcome,
        rule: one.rule,
        why: one.why,
        redirect: one.redirect,
        ip: one.ip,
        version: one.version,
        first_at: one.firstAt,
        last_at: one.at,
        times: one.times,
      }))
      await sql`
        insert into policy_decision (subject, client_id, name, stage, outcome, rule, why, redirect, ip, version,
          first_at, last_at, times)
        select subject, client_id, name, stage, outcome, rule, why, redirect, ip, version, first_at, last_at, times
        from jsonb_to_recordset(cast(${JSON.stringify(rows)} as jsonb)) as given(subject text, client_id text,
          name text, stage text, outcome text, rule text, why text, redirect text, ip text, version integer,
          first_at timestamptz, last_at timestamptz, times integer)
        on conflict (subject, stage, outcome, rule, redirect) do update set client_id = excluded.client_id,
          name = excluded.name, why = excluded.why, ip = excluded.ip, version = excluded.version,
          last_at = excluded.last_at, times = policy_decision.times + excluded.times`.execute(db)
    },
    async decisions({ text: sought, refusedOnly, limit }) {
      // What was typed is text, not a pattern.
      const like = `%${sought.replaceAll(/[\\%_]/g, '\\$&')}%`
      const { rows } = await sql<DecisionRow>`
        select subject, client_id, name, stage, outcome, rule, why, redirect, ip, version, first_at, last_at, times
        from policy_decision
        where (coalesce(client_id, '') ilike ${like} or name ilike ${like} or redirect ilike ${like}
          or rule ilike ${like} or coalesce(ip, '') ilike ${like})
          ${refusedOnly ? sql`and outcome = 'refuse'` : sql``}
        order by last_at desc, id desc limit ${limit}`.execute(db)
      return rows.map(toDecision)
    },
    async trimDecisions(now) {
      const oldest = new Date(now.getTime() - kept.days * 24 * 60 * 60 * 1000)
      await sql`delete from policy_decision where last_at < ${oldest}`.execute(db)
      // Strangers can make up decisions; what is known about clients with an id isn't theirs to push out.
      await sql`
        delete from policy_decision where id in (
          select id from (
            select id,
              row_number() over (partition by subject order by last_at desc, id desc) as own,
              row_number() over (partition by subject like 'new:%' order by last_at desc, id desc) as place,
              subject like 'new:%' as stranger
            from policy_decision
          ) as ranked
          where own > ${kept.each} or place > ${kept.all} or (stranger and place > ${kept.strangers})
        )`.execute(db)
    },
  }
}

function toStored({ version, policy, saved_at, saved_by }: PolicyRow): StoredPolicy {
  // What this version can't read decides about nobody: reading fails, and so does who asks.
  return { version, policy: clientPolicy.parse(policy), savedAt: saved_at, savedBy: saved_by }
}

function toDecision(row: DecisionRow): KeptDecision {
  return {
    subject: row.subject,
    clientId: row.client_id,
    name: row.name,
    stage: row.stage,
    outcome: row.outcome,
    rule: row.rule,
    why: row.why,
    redirect: row.redirect,
    ip: row.ip,
    version: row.version,
    firstAt: row.first_at,
    at: row.last_at,
    times: row.times,
  }
}
