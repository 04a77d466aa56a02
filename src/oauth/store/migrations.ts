import type { Migration } from '#storage'
import { clientMigrations } from './clients-migration.ts'
import { keyMigrations } from './keys-migration.ts'
import { openidMigrations } from './openid-migration.ts'
import { deviceMigrations } from './device-migration.ts'
import { grantLifeMigrations } from './grant-life-migration.ts'
import { protectionMigrations } from './protection-migration.ts'
import { slotMigrations } from './slots-migration.ts'

/**
 * A refresh token family is its grant's row: rotation changes that one row and none of its indexed columns,
 * so the update stays on its page (fillfactor) and a family can't grow.
 */
const grantMigrations: Migration[] = [
  {
    name: '0005-grants',
    sql: `
      create table interaction (
        id text primary key,
        browser_hash text not null,
        client_id text not null,
        request jsonb not null,
        signed_in_after timestamptz,
        expires_at timestamptz not null
      );
      create index interaction_expires_at on interaction (expires_at);
      create table authorization_code (
        hash text primary key,
        client_id text not null,
        redirect_uri text not null,
        code_challenge text not null,
        member text not null,
        client jsonb not null,
        resource text not null,
        scopes jsonb not null,
        details jsonb not null,
        grant_expires_at timestamptz,
        provisional boolean not null,
        expires_at timestamptz not null,
        used_at timestamptz,
        grant_id text
      ) with (fillfactor = 80);
      create index authorization_code_expires_at on authorization_code (expires_at);
      create table oauth_grant (
        id text primary key,
        member text not null,
        client_id text not null,
        client jsonb not null,
        resource text not null,
        scopes jsonb not null,
        details jsonb not null,
        status text not null check (status in ('provisional', 'active', 'ended')),
        created_at timestamptz not null,
        expires_at timestamptz,
        last_used_at timestamptz,
        ended_at timestamptz,
        ended_reason text,
        refresh_hash text,
        refresh_previous_hash text,
        refresh_rotated_at timestamptz,
        refresh_answer text,
        refresh_expires_at timestamptz
      ) with (fillfactor = 60);
      create index oauth_grant_member on oauth_grant (member, created_at desc);
      create index oauth_grant_client on oauth_grant (client_id);
      create table signing_key (
        kid text primary key,
        state text not null check (state in ('next', 'current', 'retired')),
        public_jwk jsonb not null,
        sealed_private text not null,
        created_at timestamptz not null,
        retired_at timestamptz
      );
      create unique index signing_key_one_of_each on signing_key (state) where state <> 'retired';
    `,
  },
  {
    name: '0008-grant-kinds',
    sql: `
      alter table oauth_grant
        add column kind text not null default 'authorization_code',
        add column parent text;
      alter table oauth_grant alter column kind drop default;
      create index oauth_grant_parent on oauth_grant (parent) where parent is not null;
    `,
  },
]

export const oauthMigrations: Migration[] = [
  ...clientMigrations,
  ...grantMigrations,
  ...keyMigrations,
  ...openidMigrations,
  ...deviceMigrations,
  ...slotMigrations,
  ...grantLifeMigrations,
  ...protectionMigrations,
]
