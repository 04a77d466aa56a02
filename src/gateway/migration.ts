import type { Migration } from '#storage'

export const gatewayMigrations: Migration[] = [
  {
    name: '0016-gateway',
    sql: `
create table upstream (
  id text primary key,
  name text not null unique,
  title text not null,
  kind text not null check (kind in ('http', 'stdio', 'twenty')),
  url text,
  server text,
  base_urls jsonb not null,
  auth jsonb not null,
  limits jsonb not null,
  ip_allowlist jsonb not null default '[]',
  enabled boolean not null,
  created_at timestamptz not null,
  created_by text,
  changed_at timestamptz not null,
  check ((url is null) = (kind = 'stdio') and (server is null) = (kind <> 'stdio'))
);
create table upstream_tool (
  upstream_id text not null references upstream (id) on delete cascade,
  name text not null,
  definition jsonb,
  access text not null check (access in ('read', 'write')),
  allowed boolean not null,
  pending jsonb,
  gone boolean not null,
  seen_at timestamptz not null,
  accepted_at timestamptz,
  primary key (upstream_id, name)
);
create table upstream_state (
  upstream_id text primary key references upstream (id) on delete cascade,
  checked_at timestamptz not null,
  well_at timestamptz,
  trouble text
);`,
  },
  {
    name: '0020-upstream-review',
    sql: `
alter table upstream_tool add column declined boolean not null default false;
alter table upstream_tool add column told_at timestamptz;
create index upstream_tool_waiting on upstream_tool (upstream_id) where pending is not null and not declined;
alter table upstream_state add column since timestamptz;
alter table upstream_state add column lease_until timestamptz;
alter table upstream_state add column left_out jsonb not null default '[]';`,
  },
]
