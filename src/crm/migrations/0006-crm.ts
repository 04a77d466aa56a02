import type { Migration } from '#storage'

// The standard objects are rows of the metadata like any other. Their tables are what objects/ddl.ts makes of
// those rows; migrations.test.ts holds the two together. Never edit it once released: add a migration.
export const crmTables: Migration = {
  name: '0006-crm',
  sql: `
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
-- The embedded database has no autovacuum: what waits outside a GIN index is kept short, since each search reads it.
create index search_entry_begin on search_entry (label_fold, record_id);
create index search_entry_label on search_entry using gin (label_fold gin_trgm_ops) with (gin_pending_list_limit = 256);
create index search_entry_words on search_entry using gin (words) with (gin_pending_list_limit = 256);
create table crm_demo (
  one boolean primary key default true check (one),
  at timestamptz not null,
  owners jsonb not null,
  finished_at timestamptz
);
insert into object values ('obj_company', 'company', 'Company', 'Companies', 'building', 'name', true, 0);
insert into field values ('fld_company_name', 'obj_company', 'name', 'Name', null, 'text', '{}'::jsonb, true, false, 'no', null, null, true, 'name', 0);
insert into field values ('fld_company_domain', 'obj_company', 'domain', 'Domain', 'The company’s web address', 'url', '{}'::jsonb, false, true, 'no', null, null, true, 'domain', 1);
insert into field values ('fld_company_employees', 'obj_company', 'employees', 'Employees', null, 'number', '{"decimals":0,"min":0}'::jsonb, false, false, 'no', null, null, true, 'employees', 2);
insert into field values ('fld_company_annual_revenue', 'obj_company', 'annual_revenue', 'Annual revenue', null, 'currency', '{"currency":"EUR"}'::jsonb, false, false, 'no', null, null, true, 'annual_revenue', 3);
insert into field values ('fld_company_industry', 'obj_company', 'industry', 'Industry', null, 'select', '{"options":[{"value":"software","label":"Software","color":"blue"},{"value":"manufacturing","label":"Manufacturing","color":"orange"},{"value":"finance","label":"Finance","color":"green"},{"value":"health","label":"Health","color":"red"},{"value":"retail","label":"Retail","color":"purple"},{"value":"energy","label":"Energy","color":"amber"},{"value":"logistics","label":"Logistics","color":"teal"},{"value":"media","label":"Media","color":"pink"},{"value":"education","label":"Education","color":"indigo"},{"value":"other","label":"Other","color":"gray"}]}'::jsonb, false, false, 'no', null, null, true, 'industry', 4);
insert into field values ('fld_company_city', 'obj_company', 'city', 'City', null, 'text', '{}'::jsonb, false, false, 'no', null, null, true, 'city', 5);
insert into field values ('fld_company_country', 'obj_company', 'country', 'Country', null, 'text', '{}'::jsonb, false, false, 'no', null, null, true, 'country', 6);
insert into field values ('fld_company_linkedin', 'obj_company', 'linkedin', 'LinkedIn', null, 'url', '{}'::jsonb, false, false, 'no', null, null, true, 'linkedin', 7);
insert into field values ('fld_company_owner', 'obj_company', 'owner', 'Owner', null, 'member', '{}'::jsonb, false, false, 'no', null, null, true, 'owner', 8);
create table "crm_company" (
  id text primary key,
  version integer not null,
  label text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  created_by jsonb not null,
  deleted_at timestamptz,
  "name" text not null,
  "name__fold" text collate "C" not null,
  "domain" text collate "C",
  "employees" numeric,
  "annual_revenue" numeric,
  "annual_revenue__currency" text collate "C",
  "industry" text collate "C",
  "city" text,
  "city__fold" text collate "C",
  "country" text,
  "country__fold" text collate "C",
  "linkedin" text collate "C",
  "owner" text references "member" (id) on delete set null
);
create index "crm_company_created" on "crm_company" (created_at, id) where deleted_at is null;
create index "crm_company_updated" on "crm_company" (updated_at, id) where deleted_at is null;
create index "crm_company_name_sort" on "crm_company" ("name__fold", id) where deleted_at is null;
create unique index "crm_company_domain_unique" on "crm_company" ("domain") where deleted_at is null;
create index "crm_company_owner_reference" on "crm_company" ("owner") where deleted_at is null;
insert into object values ('obj_person', 'person', 'Person', 'People', 'user', 'name', true, 1);
insert into field values ('fld_person_name', 'obj_person', 'name', 'Name', null, 'full_name', '{}'::jsonb, true, false, 'no', null, null, true, 'name', 0);
insert into field values ('fld_person_emails', 'obj_person', 'emails', 'E-mails', null, 'emails', '{}'::jsonb, false, false, 'no', null, null, true, 'emails', 1);
insert into field values ('fld_person_phones', 'obj_person', 'phones', 'Phones', null, 'phones', '{}'::jsonb, false, false, 'no', null, null, true, 'phones', 2);
insert into field values ('fld_person_job_title', 'obj_person', 'job_title', 'Job title', null, 'text', '{}'::jsonb, false, false, 'no', null, null, true, 'job_title', 3);
insert into field values ('fld_person_company', 'obj_person', 'company', 'Company', null, 'relation', '{"object":"company"}'::jsonb, false, false, 'no', null, null, true, 'company', 4);
insert into field values ('fld_person_linkedin', 'obj_person', 'linkedin', 'LinkedIn', null, 'url', '{}'::jsonb, false, false, 'no', null, null, true, 'linkedin', 5);
insert into field values ('fld_person_city', 'obj_person', 'city', 'City', null, 'text', '{}'::jsonb, false, false, 'no', null, null, true, 'city', 6);
insert into field values ('fld_person_owner', 'obj_person', 'owner', 'Owner', null, 'member', '{}'::jsonb, false, false, 'no', null, null, true, 'owner', 7);
create table "crm_person" (
  id text primary key,
  version integer not null,
  label text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  created_by jsonb not null,
  deleted_at timestamptz,
  "name" text not null,
  "name__last" text not null,
  "name__fold" text collate "C" not null,
  "emails" text[],
  "phones" text[],
  "job_title" text,
  "job_title__fold" text collate "C",
  "company" text references "crm_company" (id) on delete set null,
  "linkedin" text collate "C",
  "city" text,
  "city__fold" text collate "C",
  "owner" text references "member" (id) on delete set null
);
create index "crm_person_created" on "crm_person" (created_at, id) where deleted_at is null;
create index "crm_person_updated" on "crm_person" (updated_at, id) where deleted_at is null;
create index "crm_person_name_sort" on "crm_person" ("name__fold", id) where deleted_at is null;
create index "crm_person_emails_entries" on "crm_person" using gin ("emails") where deleted_at is null;
create index "crm_person_phones_entries" on "crm_person" using gin ("phones") where deleted_at is null;
create index "crm_person_company_reference" on "crm_person" ("company") where deleted_at is null;
create index "crm_person_owner_reference" on "crm_person" ("owner") where deleted_at is null;
insert into object values ('obj_opportunity', 'opportunity', 'Opportunity', 'Opportunities', 'target', 'name', true, 2);
insert into field values ('fld_opportunity_name', 'obj_opportunity', 'name', 'Name', null, 'text', '{}'::jsonb, true, false, 'no', null, null, true, 'name', 0);
insert into field values ('fld_opportunity_amount', 'obj_opportunity', 'amount', 'Amount', null, 'currency', '{"currency":"EUR"}'::jsonb, false, false, 'no', null, null, true, 'amount', 1);
insert into field values ('fld_opportunity_close_date', 'obj_opportunity', 'close_date', 'Close date', null, 'date', '{}'::jsonb, false, false, 'no', null, null, true, 'close_date', 2);
insert into field values ('fld_opportunity_stage', 'obj_opportunity', 'stage', 'Stage', null, 'select', '{"options":[{"value":"new","label":"New","color":"gray"},{"value":"qualified","label":"Qualified","color":"blue"},{"value":"proposal","label":"Proposal","color":"purple"},{"value":"negotiation","label":"Negotiation","color":"amber"},{"value":"won","label":"Won","color":"green"},{"value":"lost","label":"Lost","color":"red"}]}'::jsonb, false, false, 'no', '"new"'::jsonb, null, true, 'stage', 3);
insert into field values ('fld_opportunity_company', 'obj_opportunity', 'company', 'Company', null, 'relation', '{"object":"company"}'::jsonb, false, false, 'no', null, null, true, 'company', 4);
insert into field values ('fld_opportunity_contact', 'obj_opportunity', 'contact', 'Contact', null, 'relation', '{"object":"person"}'::jsonb, false, false, 'no', null, null, true, 'contact', 5);
insert into field values ('fld_opportunity_owner', 'obj_opportunity', 'owner', 'Owner', null, 'member', '{}'::jsonb, false, false, 'no', null, null, true, 'owner', 6);
create table "crm_opportunity" (
  id text primary key,
  version integer not null,
  label text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  created_by jsonb not null,
  deleted_at timestamptz,
  "name" text not null,
  "name__fold" text collate "C" not null,
  "amount" numeric,
  "amount__currency" text collate "C",
  "close_date" date,
  "stage" text collate "C",
  "company" text references "crm_company" (id) on delete set null,
  "contact" text references "crm_person" (id) on delete set null,
  "owner" text references "member" (id) on delete set null
);
create index "crm_opportunity_created" on "crm_opportunity" (created_at, id) where deleted_at is null;
create index "crm_opportunity_updated" on "crm_opportunity" (updated_at, id) where deleted_at is null;
create index "crm_opportunity_name_sort" on "crm_opportunity" ("name__fold", id) where deleted_at is null;
create index "crm_opportunity_company_reference" on "crm_opportunity" ("company") where deleted_at is null;
create index "crm_opportunity_contact_reference" on "crm_opportunity" ("contact") where deleted_at is null;
create index "crm_opportunity_owner_reference" on "crm_opportunity" ("owner") where deleted_at is null;
insert into object values ('obj_task', 'task', 'Task', 'Tasks', 'check-square', 'title', true, 3);
insert into field values ('fld_task_title', 'obj_task', 'title', 'Title', null, 'text', '{}'::jsonb, true, false, 'no', null, null, true, 'title', 0);
insert into field values ('fld_task_body', 'obj_task', 'body', 'Body', null, 'long_text', '{}'::jsonb, false, false, 'no', null, null, true, 'body', 1);
insert into field values ('fld_task_due_date', 'obj_task', 'due_date', 'Due date', null, 'date', '{}'::jsonb, false, false, 'no', null, null, true, 'due_date', 2);
insert into field values ('fld_task_status', 'obj_task', 'status', 'Status', null, 'select', '{"options":[{"value":"todo","label":"To do","color":"gray"},{"value":"in_progress","label":"In progress","color":"blue"},{"value":"done","label":"Done","color":"green"}]}'::jsonb, false, false, 'no', '"todo"'::jsonb, null, true, 'status', 3);
insert into field values ('fld_task_assignee', 'obj_task', 'assignee', 'Assignee', null, 'member', '{}'::jsonb, false, false, 'no', null, null, true, 'assignee', 4);
insert into field values ('fld_task_about', 'obj_task', 'about', 'About', null, 'target', '{"objects":["company","person","opportunity"]}'::jsonb, false, false, 'no', null, null, true, 'about', 5);
create table "crm_task" (
  id text primary key,
  version integer not null,
  label text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  created_by jsonb not null,
  deleted_at timestamptz,
  "title" text not null,
  "title__fold" text collate "C" not null,
  "body" text,
  "due_date" date,
  "status" text collate "C",
  "assignee" text references "member" (id) on delete set null,
  "about" text,
  "about__object" text collate "C"
);
create index "crm_task_created" on "crm_task" (created_at, id) where deleted_at is null;
create index "crm_task_updated" on "crm_task" (updated_at, id) where deleted_at is null;
create index "crm_task_title_sort" on "crm_task" ("title__fold", id) where deleted_at is null;
create index "crm_task_assignee_reference" on "crm_task" ("assignee") where deleted_at is null;
create index "crm_task_about_reference" on "crm_task" ("about", "about__object") where deleted_at is null;
insert into object values ('obj_note', 'note', 'Note', 'Notes', 'sticky-note', 'title', true, 4);
insert into field values ('fld_note_title', 'obj_note', 'title', 'Title', null, 'text', '{}'::jsonb, true, false, 'no', null, null, true, 'title', 0);
insert into field values ('fld_note_body', 'obj_note', 'body', 'Body', null, 'long_text', '{}'::jsonb, false, false, 'no', null, null, true, 'body', 1);
insert into field values ('fld_note_about', 'obj_note', 'about', 'About', null, 'target', '{"objects":["company","person","opportunity"]}'::jsonb, false, false, 'no', null, null, true, 'about', 2);
create table "crm_note" (
  id text primary key,
  version integer not null,
  label text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  created_by jsonb not null,
  deleted_at timestamptz,
  "title" text not null,
  "title__fold" text collate "C" not null,
  "body" text,
  "about" text,
  "about__object" text collate "C"
);
create index "crm_note_created" on "crm_note" (created_at, id) where deleted_at is null;
create index "crm_note_updated" on "crm_note" (updated_at, id) where deleted_at is null;
create index "crm_note_title_sort" on "crm_note" ("title__fold", id) where deleted_at is null;
create index "crm_note_about_reference" on "crm_note" ("about", "about__object") where deleted_at is null;
`,
}
