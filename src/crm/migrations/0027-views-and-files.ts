import type { Migration } from '#storage'

// Files live in the database: every replica has them, and a backup holds them.
export const viewsAndFiles: Migration = {
  name: '0027-views-and-files',
  sql: `
create table saved_view (
  id text primary key,
  object text not null,
  name text not null,
  filter jsonb not null,
  sort jsonb not null,
  columns jsonb,
  shared boolean not null,
  member_id text references member (id) on delete cascade,
  created_at timestamptz not null,
  deleted_at timestamptz
);
create index saved_view_object on saved_view (object, created_at) where deleted_at is null;
create table file (
  id text primary key,
  object text not null,
  record_id text not null,
  name text not null,
  type text not null,
  size bigint not null,
  sha256 text not null,
  created_at timestamptz not null,
  created_by jsonb not null,
  deleted_at timestamptz
);
create index file_record on file (record_id, created_at);
create table file_part (
  file_id text not null references file (id) on delete cascade,
  position integer not null,
  bytes bytea not null,
  primary key (file_id, position)
);`,
}
