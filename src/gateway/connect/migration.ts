import type { Migration } from '#storage'

export const connectMigrations: Migration[] = [
  {
    name: '0022-connect',
    sql: `
create table connection_attempt (
  state_hash text primary key,
  member_id text not null references member (id) on delete cascade,
  session_id text not null references session (id) on delete cascade,
  upstream_id text not null references upstream (id) on delete cascade,
  sealed text not null,
  expires_at timestamptz not null
);
create index connection_attempt_expires_at on connection_attempt (expires_at);`,
  },
]
