import type { Migration } from '#storage'

/** What devices ask for. A row holds what the person decided until the device collects it, once. */
export const deviceMigrations: Migration[] = [
  {
    name: '0011-device',
    sql: `
      create table device_request (
        hash text primary key,
        user_hash text not null unique,
        client_id text not null,
        code_challenge text,
        resource text not null,
        scopes jsonb not null,
        ip text not null,
        address text not null,
        created_at timestamptz not null,
        expires_at timestamptz not null,
        state text not null default 'pending' check (state in ('pending', 'allowed', 'denied', 'used')),
        poll_interval integer not null,
        polled_at timestamptz,
        member text,
        client jsonb,
        details jsonb,
        grant_expires_at timestamptz,
        provisional boolean,
        grant_id text
      ) with (fillfactor = 70);
      create index device_request_expires_at on device_request (expires_at);
      create index device_request_address on device_request (address, expires_at);
    `,
  },
]
