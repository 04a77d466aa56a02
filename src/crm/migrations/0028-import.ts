import type { Migration } from '#storage'

/** What came from elsewhere, and how far an import is: enough to go on after a crash, and to bring only what changed. */
export const importTables: Migration = {
  name: '0028-import',
  sql: `
create table import_link (
  source text not null,
  kind text not null,
  source_id text not null,
  object text not null,
  target_id text not null,
  given jsonb not null,
  waiting jsonb,
  change_set_seq bigint not null,
  primary key (source, kind, source_id)
);
create index import_link_waiting on import_link (source, kind) where waiting is not null;
create table import_page (
  source text primary key,
  key text not null,
  body jsonb not null
);
create table import_run (
  source text primary key,
  started_at timestamptz not null,
  finished_at timestamptz,
  state jsonb not null
);`,
}
