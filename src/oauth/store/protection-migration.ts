import type { Migration } from '#storage'

/** What stands against replayed and stolen things: proofs, assertions, bound tokens, pushed requests. */
export const protectionMigrations: Migration[] = [
  {
    name: '0012-replay',
    sql: `
      create table replay (
        id text primary key,
        expires_at timestamptz not null
      );
      create index replay_expires_at on replay (expires_at);
    `,
  },
  {
    name: '0012b-resource-servers',
    sql: `alter table client add column serves_resource text`,
  },
  {
    name: '0012c-bound-tokens',
    sql: `
      alter table authorization_code add column dpop_jkt text;
      alter table oauth_grant add column refresh_jkt text;
    `,
  },
  {
    name: '0012d-pushed-requests',
    sql: `
      create table pushed_request (
        hash text primary key,
        client_id text not null,
        params jsonb not null,
        expires_at timestamptz not null
      );
      create index pushed_request_expires_at on pushed_request (expires_at);
    `,
  },
]
