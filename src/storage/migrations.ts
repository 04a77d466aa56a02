import type { Migration } from './storage.ts'

/** What storage itself keeps: events on their way to every replica, and rate counters shared by replicas. */
export const storageMigrations: Migration[] = [
  {
    name: '0001-storage',
    sql: `
create table outbox (
  id bigint generated always as identity primary key,
  topic text not null,
  payload jsonb not null default '{}',
  at timestamptz not null default now()
);
create index outbox_at on outbox (at);
create unlogged table rate_counter (
  key text primary key,
  ends timestamptz not null,
  count integer not null
);
create index rate_counter_ends on rate_counter (ends);
`,
  },
]
