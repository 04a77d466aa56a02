import type { Migration } from '#storage'

/**
 * Second factors, passkeys, providers. `sign_in_rule` has one row. What a ceremony remembers is sealed;
 * its key and its browser are hashes; taking it deletes it.
 */
export const signIn: Migration = {
  name: '0015-sign-in',
  sql: `
    alter table member alter column password_hash drop not null;
    alter table member alter column password_changed_at drop not null;

    alter table session add column methods text not null default 'pwd';
    alter table session add column provider text;
    alter table session add column confirmed_at timestamptz;
    update session set confirmed_at = started_at;
    alter table session alter column confirmed_at set not null;
    alter table session add column new_device boolean not null default false;

    create table device (
      member_id text not null references member (id),
      secret_hash text not null,
      last_seen_at timestamptz not null,
      primary key (member_id, secret_hash)
    );
    create table ceremony (
      key_hash text primary key,
      kind text not null,
      browser_hash text not null,
      member_id text references member (id),
      sealed text not null,
      expires_at timestamptz not null
    );
    create index ceremony_expires on ceremony (expires_at);
    create index ceremony_member on ceremony (member_id);

    create table totp (
      member_id text primary key references member (id),
      sealed_secret text not null,
      last_step bigint not null,
      confirmed_at timestamptz not null
    );
    create table totp_draft (
      member_id text primary key references member (id),
      sealed_secret text not null,
      created_at timestamptz not null
    );
    create table recovery_code (
      member_id text not null references member (id),
      code_hash text not null,
      primary key (member_id, code_hash)
    );
    create table passkey (
      id text primary key,
      credential_id text not null unique,
      member_id text not null references member (id),
      name text not null,
      public_key text not null,
      counter bigint not null,
      transports text not null,
      synced boolean not null,
      created_at timestamptz not null,
      last_used_at timestamptz
    );
    create index passkey_member on passkey (member_id);

    create table sign_in_rule (
      one boolean primary key default true check (one),
      second_factor text not null check (second_factor in ('optional', 'administrators', 'everyone'))
    );
    insert into sign_in_rule (second_factor) values ('optional');

    create table provider_link (
      issuer text not null,
      subject text not null,
      member_id text not null references member (id),
      email text not null,
      linked_at timestamptz not null,
      primary key (issuer, subject)
    );
    create unique index provider_link_member on provider_link (member_id, issuer);
    create table joining_domain (
      domain text not null,
      provider text not null,
      joins boolean not null,
      links boolean not null,
      primary key (domain, provider)
    );
  `,
}
