import type { Migration } from '#storage'

/**
 * Nothing here is an index on what a refresh changes: its update has to stay on its page. Grants that nobody used
 * for long are found by their age, since nothing is used before it is made.
 */
export const grantLifeMigrations: Migration[] = [
  {
    name: '0014-grant-life',
    sql: `
      alter table oauth_grant
        add column paused_at timestamptz,
        add column last_ip text,
        add column last_tool text;
      create index oauth_grant_created_at on oauth_grant (created_at, id);
      -- client_id '*' stops every agent.
      create table agent_stop (
        client_id text primary key,
        reason text not null,
        stopped_by text not null,
        stopped_by_name text not null,
        stopped_at timestamptz not null
      );
    `,
  },
  {
    name: '0024-grant-addresses',
    sql: `alter table oauth_grant add column addresses jsonb`,
  },
]
