import type { Id, MemberId } from '#foundation'
import type { CredentialKind, CredentialPlace, CredentialView } from './vault.ts'

export type Row = {
  id: Id<'crd'>
  member_id: MemberId | null
  upstream_id: string
  kind: CredentialKind
  base_url: string
  sealed: string
  key_version: number
  updated_at: Date
  expires_at: Date | null
  broken: string | null
}

/** Additional data: a row copied to another person, upstream, kind or address doesn't open. */
export function boundTo(row: Pick<Row, 'member_id' | 'upstream_id' | 'kind' | 'base_url'>): string {
  return JSON.stringify(['credential', row.member_id, row.upstream_id, row.kind, row.base_url])
}

export function keyOf({ member, upstream }: CredentialPlace): string {
  return `${member ?? ''} ${upstream}`
}

export function placeOf(row: Row): CredentialPlace {
  return { member: row.member_id, upstream: row.upstream_id }
}

export function viewOf(row: Row): CredentialView {
  return {
    ...placeOf(row),
    kind: row.kind,
    baseUrl: row.base_url,
    updatedAt: row.updated_at,
    expiresAt: row.expires_at,
    broken: row.broken,
  }
}
