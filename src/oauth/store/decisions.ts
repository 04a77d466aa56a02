import type { Audit } from '#audit'
import type { GrantId } from '#foundation'
import { sql } from '#storage'
import type { Kysely, RawBuilder, Storage } from '#storage'
import type { DeviceOffer } from '../device/device-request.ts'
import { grantChanged } from '../grants/grant-store.ts'
import type { CodeOffer, Decided, GrantStore } from '../grants/grant-store.ts'
import type { ClientTable } from './clients.ts'
import { auditRow, json, text, time } from './values.ts'

/** A person's yes or no: the interaction goes, and what she decided takes its place, in one statement. */
export function createDecisions(
  storage: Storage,
  audit: Audit,
  clients: ClientTable,
): Pick<GrantStore, 'allow' | 'deny'> {
  const decide = async (on: Kysely<never>, decided: Decided, then: RawBuilder<unknown>): Promise<boolean> => {
    // Two decisions at once: the row goes once, the other finds none (attacks C2). `then` must give a row too: of two
    // people who hold one device's code, one decides (attacks V5).
    const { rows } = await sql`
      with claimed as (
        delete from interaction
        where id = ${decided.interaction} and browser_hash = ${decided.browserHash} and expires_at > ${decided.at}
        returning id
      ), decided as (${then}), noted as (${auditRow(audit, decided.entry, sql`decided`)})
      select 1 as done from decided`.execute(on)
    return rows.length === 1
  }
  return {
    deny: (decided, device) =>
      decide(
        storage.db<never>(),
        decided,
        device === null ? sql`select id from claimed` : answerDevice(device, decided.at, sql`state = 'denied'`),
      ),
    async allow(decided, offer, claim) {
      const given = 'device' in offer ? allowDevice(offer, decided.at) : insertCode(offer)
      if (!claim) return decide(storage.db<never>(), decided, given)
      return storage
        .transaction<never, boolean>(async (tx) => {
          const { approvedBy, ...client } = claim
          if (!(await clients.claim(tx, client, { at: decided.at, approvedBy }))) throw new Undecided()
          if (!(await decide(tx, decided, given))) throw new Undecided()
          if (approvedBy) await setFree(storage, tx, client.id)
          return true
        })
        .catch((error: unknown) => {
          if (error instanceof Undecided) return false
          throw error
        })
    },
  }
}

/** Rolls the transaction back: nothing of a decision that didn't happen stays. */
class Undecided extends Error {}

function insertCode({ hash, redirectUri, codeChallenge, terms, provisional, expiresAt }: CodeOffer) {
  return sql`
    insert into authorization_code (hash, client_id, redirect_uri, code_challenge, member, client, resource, scopes,
      details, grant_expires_at, provisional, expires_at)
    select ${text(hash)}, ${text(terms.clientId)}, ${text(redirectUri)}, ${text(codeChallenge)},
      ${text(terms.member)}, ${json(terms.client)}, ${text(terms.resource)}, ${json(terms.scopes)},
      ${json(terms.details)}, ${time(terms.expiresAt)}, cast(${provisional} as boolean), ${time(expiresAt)}
    from claimed returning hash`
}

function allowDevice({ device, terms, provisional }: DeviceOffer, at: Date) {
  return answerDevice(
    device,
    at,
    sql`state = 'allowed', member = ${text(terms.member)}, client = ${json(terms.client)},
      scopes = ${json(terms.scopes)}, details = ${json(terms.details)}, grant_expires_at = ${time(terms.expiresAt)},
      provisional = cast(${provisional} as boolean)`,
  )
}

function answerDevice(device: string, at: Date, set: RawBuilder<unknown>) {
  return sql`update device_request set ${set} from claimed
    where hash = ${device} and state = 'pending' and device_request.expires_at > ${at} returning hash`
}

/** An administrator's own consent approves the client (design §4), so grants that waited for it begin to count. */
async function setFree(storage: Storage, tx: Kysely<never>, clientId: string): Promise<void> {
  const { rows } = await sql<{ id: GrantId }>`update oauth_grant set status = 'active'
    where client_id = ${clientId} and status = 'provisional' returning id`.execute(tx)
  for (const { id } of rows) await storage.publish(tx, grantChanged, { grant: id })
}
