import type { RecordObject } from './record-object.ts'
import { ownFields } from './record-object.ts'
import { createTable } from './ddl.ts'

/** The tables that hold the metadata and what is written about records. */
const engineTables = `
create extension if not exists pg_trgm;
create table object (
  id text primary key,
  name text not null unique,
  label text not null,
  label_plural text not null,
  icon text not null,
  label_field text not null,
  standard boolean not null,
  position integer not null
);
create table field (
  id text primary key,
  object_id text not null references object (id) on delete cascade,
  name text not null,
  label text not null,
  description text,
  kind text not null,
  settings jsonb not null,
  required boolean not null,
  is_unique boolean not null,
  read_only text not null check (read_only in ('no', 'always', 'after_create')),
  default_value jsonb,
  pattern text,
  standard boolean not null,
  column_name text not null,
  position integer not null,
  unique (object_id, name)
);
create table change_set (
  seq bigint generated always as identity unique,
  id text primary key,
  at timestamptz not null,
  actor jsonb not null,
  actor_key text not null,
  grant_id text,
  reason text,
  undoes text references change_set (id),
  undone_by text references change_set (id),
  idempotency_key text,
  payload_hash text,
  unique (actor_key, idempotency_key)
);
create index change_set_grant on change_set (grant_id, seq) where grant_id is not null;
create table change (
  id text primary key,
  change_set_id text not null references change_set (id),
  change_set_seq bigint not null,
  position integer not null,
  object text not null,
  record_id text not null,
  label text not null,
  verb text not null check (verb in ('create', 'update', 'delete', 'restore')),
  before jsonb not null,
  after jsonb not null,
  fields text[] not null
);
create index change_of_set on change (change_set_id);
create index change_of_record on change (object, record_id, change_set_seq);
create index change_newest on change (change_set_seq, object);
create table search_entry (
  record_id text primary key,
  object text not null,
  label text not null,
  label_fold text collate "C" not null,
  body text not null,
  words tsvector not null
);
create index search_entry_label on search_entry using gin (label_fold gin_trgm_ops);
create index search_entry_words on search_entry using gin (words);
create table crm_once (
  what text primary key,
  at timestamptz not null
);`

const literal = (value: string | null) => (value === null ? 'null' : `'${value.replaceAll("'", "''")}'`)
const json = (value: unknown) => `${literal(JSON.stringify(value))}::jsonb`

function rows(object: RecordObject, position: number): string[] {
  const { id, name, label, labelPlural, icon, labelField, standard } = object
  return [
    `insert into object values (${[id, name, label, labelPlural, icon, labelField].map(literal).join(', ')}, ${standard}, ${position})`,
    ...ownFields(object).map((field, index) => {
      const texts = [field.id, id, field.name, field.label, field.description, field.kind].map(literal)
      const rest = [
        json(field.settings),
        field.required,
        field.unique,
        literal(field.readOnly),
        field.defaultValue === null ? 'null' : json(field.defaultValue),
        literal(field.pattern),
        field.standard,
        literal(field.column),
        index,
      ]
      return `insert into field values (${[...texts, ...rest].join(', ')})`
    }),
  ]
}

/** The SQL that makes the engine's tables and these objects. Migration 0006 is its output, frozen. */
export function seedSql(objects: RecordObject[]): string {
  const statements = objects.flatMap((object, position) => [
    ...rows(object, position),
    ...createTable(object),
  ])
  return `${engineTables}\n${statements.map((statement) => `${statement};`).join('\n')}\n`
}
