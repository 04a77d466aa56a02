import type { Migration } from '#storage'

/**
 * Grants that nobody consents to are made again by the next request: of a slot one is alive at a time. What was ended
 * stays in its group and keeps others from being made there, until an administrator takes it out.
 */
export const slotMigrations: Migration[] = [
  {
    name: '0011b-slots',
    sql: `
      alter table oauth_grant
        add column slot text,
        add column slot_group text;
      create unique index oauth_grant_slot on oauth_grant (slot) where slot is not null and status <> 'ended';
      create index oauth_grant_slot_group on oauth_grant (slot_group) where slot_group is not null;
      create table exchange_allowance (
        client_id text not null,
        resource text not null,
        allowed_at timestamptz not null,
        allowed_by text not null,
        primary key (client_id, resource)
      );
    `,
  },
  {
    name: '0014c-narrowed-grants',
    sql: `alter table oauth_grant add column narrowed_at timestamptz`,
  },
]
