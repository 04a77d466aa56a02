import type { Migration } from '#storage'

export const vaultMigrations: Migration[] = [
  {
    name: '0017-vault',
    sql: `
create table credential (
  id text primary key,
  member_id text references member (id) on delete cascade,
  upstream_id text not null,
  kind text not null check (kind in ('key', 'oauth')),
  base_url text not null,
  sealed text not null,
  key_version integer not null,
  updated_at timestamptz not null,
  expires_at timestamptz,
  broken text
);
create unique index credential_place on credential (coalesce(member_id, ''), upstream_id);
create index credential_upstream on credential (upstream_id);
create index credential_key_version on credential (key_version);`,
  },
  {
    name: '0021-vault-claims',
    sql: `
alter table credential add column claimed_by text, add column claimed_until timestamptz;
alter table credential drop constraint credential_kind_check;
alter table credential add constraint credential_kind_check check (kind in ('key', 'oauth', 'client'));`,
  },
]
