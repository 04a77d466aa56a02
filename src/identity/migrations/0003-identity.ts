import type { Migration } from '#storage'

/** Secrets are stored as hashes only. `install` decides the first-administrator race: one row, claimed once. */
export const identity: Migration = {
  name: '0003-identity',
  sql: `
      create table member (
        id text primary key,
        name text not null,
        email text not null unique,
        role text not null check (role in ('administrator', 'member')),
        active boolean not null default true,
        password_hash text not null,
        created_at timestamptz not null,
        password_changed_at timestamptz not null
      );
      create table session (
        id text primary key,
        secret_hash text not null unique,
        member_id text not null references member (id),
        device text not null,
        ip text not null,
        started_at timestamptz not null,
        last_seen_at timestamptz not null
      );
      create index session_member on session (member_id);
      create table invitation (
        id text primary key,
        secret_hash text not null unique,
        email text not null,
        role text not null check (role in ('administrator', 'member')),
        invited_by text not null references member (id),
        created_at timestamptz not null,
        expires_at timestamptz not null
      );
      create table setup_token (
        secret_hash text primary key,
        created_at timestamptz not null
      );
      create table install (
        one boolean primary key default true check (one),
        claimed_at timestamptz
      );
      insert into install (claimed_at) values (null);
    `,
}
