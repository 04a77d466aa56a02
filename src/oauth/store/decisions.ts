import type { Audit } from '#audit'
import { sql } from '#storage'
import type { Kysely, RawBuilder, Storage } from '#storage'
import type { DeviceOffer } from '../device/device-request.ts'
import { approvalsChanged } from '../clients/approvals/approval-store.ts'
import type { CodeOffer, Decided, GrantStore } from '../grants/grant-store.ts'
import { askApproval, setFree } from './approvals.ts'
import type { ClientTable } from './clients.ts'
import type { GrantTerms } from '../grants/grant.ts'
import { auditRow, json, optionalJson, text, time } from './values.ts'

/** A person's yes or no: the interaction goes, and what she decided takes its place, in one statement. */
export function createDecisions(
  storage: Storage,
  audit: Audit,
  clients: ClientTable,
): Pick<GrantStore, 'allow' | 'deny'> {
  const decide = async (
    on: Kysely<never>,
    decided: Decided,
    then: RawBuilder<unknown>,
    asks: GrantTerms | null = null,
  ): Promise<boolean> => {
    // Two decisions at once: the row goes once, the other finds none (attacks C2). `then` must give a row too: of two
    // people who hold one device's code, one decides (attacks V5).
    const { pushed } = decided
    const { rows } = await sql`
      with ${pushed === undefined ? sql`` : spend(pushed)}claimed as (
        delete from interaction
        where id = ${decided.interaction} and browser_hash = ${decided.browserHash} and expires_at > ${decided.at}
          ${pushed === undefined ? sql`` : sql`and exists (select 1 from spent)`}
        returning id
      ), decided as (${then}), noted as (${auditRow(audit, decided.entry, sql`decided`)})
      ${asks ? sql`, asked as (${askApproval(asks, decided)})` : sql``}
      select 1 as done from decided`.execute(on)
    if (rows.length === 1 && asks) await storage.publish(on, approvalsChanged, {})
    return rows.length === 1
  }
  return {
    deny: (decided, device) =>
      decide(
        storage.db<never>(),
        decided,
        device === null
          ? sql`select id from claimed`
          : answerDevice(device, decided.at, sql`state = 'denied'`),
      ),
    async allow(decided, offer, claim) {
      const given = 'device' in offer ? allowDevice(offer, decided.at) : insertCode(offer)
      const asks = offer.provisional ? offer.terms : null
      if (!claim) return decide(storage.db<never>(), decided, given, asks)
      return storage
        .transaction<never, boolean>(async (tx) => {
          const { approvedBy, ...client } = claim
          if (!(await clients.claim(tx, client, { at: decided.at, approvedBy }))) throw new Undecided()
          if (!(await decide(tx, decided, given, asks))) throw new Undecided()
          if (!approvedBy) return true
          await setFree(storage, tx, client.id)
          await storage.publish(tx, approvalsChanged, {})
          return true
        })
        .catch((error: unknown) => {
          if (error instanceof Undecided) return false
          throw error
        })
    },
  }
}

/** RFC 9126 §7.3: opened as often as a page is loaded, answered once. Of two answers at once the row lets one through. */
function spend(pushed: string): RawBuilder<unknown> {
  return sql`spent as (delete from pushed_request where hash = ${pushed} returning hash), `
}

/** Rolls the transaction back: nothing of a decision that didn't happen stays. */
class Undecided extends Error {}

function insertCode({ hash, redirectUri, codeChallenge, dpopJkt, terms, provisional, expiresAt }: CodeOffer) {
  return sql`
    insert into authorization_code (hash, client_id, redirect_uri, code_challenge, member, client, resource, scopes,
      details, sign_in, authorization_details, grant_expires_at, provisional, expires_at, dpop_jkt)
    select ${text(hash)}, ${text(terms.clientId)}, ${text(redirectUri)}, ${text(codeChallenge)},
      ${text(terms.member)}, ${json(terms.client)}, ${text(terms.resource)}, ${json(terms.scopes)},
      ${json(terms.details)}, ${optionalJson(terms.signIn)}, ${optionalJson(terms.authorizationDetails)},
      ${time(terms.expiresAt)}, cast(${provisional} as boolean), ${time(expiresAt)},
      ${text(dpopJkt)}
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
