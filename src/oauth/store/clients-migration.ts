import type { Migration } from '#storage'
import { policyMigrations } from './policy-migration.ts'

export const clientMigrations: Migration[] = [
  {
    name: '0004-clients',
    sql: `
      create table client (
        id text primary key,
        registration text not null check (registration in ('manual', 'metadata-document', 'dynamic')),
        name text not null,
        redirect_uris jsonb not null,
        grant_types jsonb not null,
        auth_methods jsonb not null,
        scopes jsonb,
        links jsonb not null,
        secret_hashes jsonb not null,
        fingerprint text not null,
        first_seen_at timestamptz not null,
        first_seen_ip text,
        claimed_at timestamptz,
        approved_at timestamptz,
        approved_by text,
        approved_fingerprint text,
        etag text,
        fetched_at timestamptz,
        fresh_until timestamptz
      );
      create index client_unclaimed on client (first_seen_at)
        where claimed_at is null and registration <> 'manual';
      create index client_unclaimed_from on client (first_seen_ip, first_seen_at)
        where claimed_at is null and registration <> 'manual';
      create index client_approved on client (approved_at) where approved_at is not null;
    `,
  },
  {
    name: '0007-client-facts',
    sql: `
      alter table client
        add column secrets jsonb not null default '[]',
        add column keys jsonb,
        add column about jsonb not null default '{}',
        add column owner text,
        add column management_hash text,
        add column blocked_at timestamptz,
        add column blocked_by text,
        add column last_used_at timestamptz;
      update client set secrets = (
        select coalesce(jsonb_agg(jsonb_build_object('hash', hash, 'createdAt', first_seen_at, 'expiresAt', null)), '[]')
        from jsonb_array_elements_text(secret_hashes) as hash);
      alter table client drop column secret_hashes;
    `,
  },
  {
    name: '0009-registrations',
    sql: `
      create table initial_access_token (
        id text primary key,
        hash text not null unique,
        note text not null,
        most_uses integer not null check (most_uses > 0),
        uses integer not null default 0,
        created_at timestamptz not null,
        created_by text,
        expires_at timestamptz not null,
        last_used_at timestamptz,
        withdrawn_at timestamptz
      );
      alter table client add column initial_access_token text;
      create index client_seen on client (first_seen_at desc, id desc);
      create table daily_job (
        job text primary key,
        slot timestamptz not null,
        lease_until timestamptz not null,
        finished_at timestamptz
      );
    `,
  },
  ...policyMigrations,
]
