import type { Migration } from '#storage'

/** The inbox is written in callers' transactions; the chainer moves it into the chain, which nobody may change. */
export const auditMigrations: Migration[] = [
  {
    name: '0002-audit',
    sql: `
      create table audit_inbox (
        arrival bigint generated always as identity primary key,
        id text not null unique,
        at timestamptz not null,
        body jsonb not null
      );
      create table audit_entry (
        seq bigint primary key,
        id text not null unique,
        at timestamptz not null,
        body jsonb not null,
        prev text not null,
        hash text not null
      );
      create table audit_head (
        one boolean primary key default true check (one),
        seq bigint not null,
        hash text not null,
        mac text
      );
      insert into audit_head (seq, hash) values (0, '');
      create function audit_entry_stays() returns trigger language plpgsql as $$
        begin
          raise exception 'audit_entry is append-only';
        end
      $$;
      create trigger audit_entry_stays before update or delete on audit_entry
        for each row execute function audit_entry_stays();
      create trigger audit_entry_stays_whole before truncate on audit_entry
        for each statement execute function audit_entry_stays();
    `,
  },
  {
    // Most entries tell of an agent's calls: what one grant did is found without reading the others'.
    name: '0014b-audit-search',
    sql: `
      create index audit_entry_by_grant on audit_entry ((body #>> '{actor,grant}'), seq)
        where body #>> '{actor,grant}' is not null;
      create index audit_entry_of_grant on audit_entry ((body #>> '{subject,id}'), seq)
        where body #>> '{subject,kind}' = 'grant';
      create table audit_checkpoint (
        seq bigint primary key,
        hash text not null,
        mac text not null,
        at timestamptz not null
      );
    `,
  },
]
