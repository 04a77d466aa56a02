import type { Audit } from '#audit'
import type { GrantId } from '#foundation'
import { sql } from '#storage'
import type { Storage } from '#storage'
import type { GrantStore } from '../grants/grant-store.ts'
import { toTerms } from './grants.ts'
import type { TermsRow } from './grants.ts'
import { auditRow, text, time } from './values.ts'

type CodeRow = {
  hash: string
  client_id: string
  code_challenge: string
  redirect_uri: string
  resource: string
  expires_at: Date
  used_at: Date | null
  grant_id: GrantId | null
  dpop_jkt: string | null
}

export function createCodeTable(storage: Storage, audit: Audit): Pick<GrantStore, 'redeemCode' | 'findCode'> {
  const db = storage.db<never>()
  return {
    async redeemCode(claim, { id, at, refresh }, entry) {
      // All a code is bound to stands in the condition: whatever doesn't fit leaves it unused (attacks P5, P8),
      // and of many at once the row's lock lets one through (A46, attacks P7).
      const { rows } = await sql<TermsRow>`
        with redeemed as (
          update authorization_code set used_at = ${at}, grant_id = ${id}
          where hash = ${claim.hash} and client_id = ${claim.clientId} and used_at is null and expires_at > ${at}
            and code_challenge = ${claim.codeChallenge}
            and (dpop_jkt is null or dpop_jkt = ${text(claim.jkt)})
            and redirect_uri = coalesce(${text(claim.redirectUri ?? null)}, redirect_uri)
            and resource = coalesce(${text(claim.resource ?? null)}, resource)
          returning member, client_id, client, resource, scopes, details, grant_expires_at as expires_at,
            case when provisional then 'provisional' else 'active' end as status, redirect_uri, sign_in, authorization_details
        ), given as (
          insert into oauth_grant (id, kind, member, client_id, client, resource, scopes, details, expires_at, status,
            created_at, refresh_hash, refresh_expires_at, refresh_jkt, redirect_uri, sign_in, authorization_details)
          select ${text(id)}, 'authorization_code', member, client_id, client, resource, scopes, details, expires_at,
            status, ${time(at)}, ${text(refresh?.hash ?? null)}, ${time(refresh?.idleUntil ?? null)},
            ${text(refresh?.boundTo ?? null)},
            -- A nonce is for the first ID token alone (OIDC Core §12.2).
            redirect_uri, sign_in - 'nonce', authorization_details
          from redeemed
        ), noted as (${auditRow(
          audit,
          entry,
          sql`redeemed`,
          sql`jsonb_build_object('detail', jsonb_build_object(
          'grant_type', 'authorization_code', 'member', member, 'resource', resource, 'scope', scopes))`,
        )})
        select 'authorization_code' as kind, null as parent, member, client_id, client, resource, scopes, details,
          expires_at, sign_in, authorization_details, status from redeemed`.execute(db)
      return rows[0] && toTerms(rows[0])
    },

    async findCode(hash) {
      const { rows } =
        await sql<CodeRow>`select hash, client_id, code_challenge, redirect_uri, resource, expires_at,
        used_at, grant_id, dpop_jkt from authorization_code where hash = ${hash}`.execute(db)
      const [row] = rows
      return (
        row && {
          hash: row.hash,
          clientId: row.client_id,
          codeChallenge: row.code_challenge,
          redirectUri: row.redirect_uri,
          resource: row.resource,
          expiresAt: row.expires_at,
          usedAt: row.used_at,
          grantId: row.grant_id,
          dpopJkt: row.dpop_jkt,
        }
      )
    },
  }
}
