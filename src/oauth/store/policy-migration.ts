import type { Migration } from '#storage'

export const policyMigrations: Migration[] = [
  {
    name: '0010-client-policy',
    sql: `
      create table client_policy (
        version integer primary key,
        policy jsonb not null,
        saved_at timestamptz not null,
        saved_by text not null
      );
      create table policy_decision (
        id bigint generated always as identity primary key,
        subject text not null,
        client_id text,
        name text not null,
        stage text not null,
        outcome text not null check (outcome in ('allow', 'ask', 'refuse')),
        rule text not null,
        why text not null,
        redirect text not null,
        ip text,
        version integer not null,
        first_at timestamptz not null,
        last_at timestamptz not null,
        times integer not null,
        unique (subject, stage, outcome, rule, redirect)
      );
      create index policy_decision_last on policy_decision (last_at desc);
      alter table client
        add column scope_ceiling jsonb,
        add column refused_fingerprint text,
        add column refused_at timestamptz,
        add column refused_by text,
        add column approved_as jsonb;
      create table approval_request (
        client_id text not null references client (id) on delete cascade,
        member text not null,
        fingerprint text not null,
        scopes jsonb not null,
        resource text not null,
        redirect_host text not null,
        ip text,
        asked_at timestamptz not null,
        told_at timestamptz,
        primary key (client_id, member)
      );
      create index approval_request_untold on approval_request (asked_at) where told_at is null;
    `,
  },
]
