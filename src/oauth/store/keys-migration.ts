import type { Migration } from '#storage'

export const keyMigrations: Migration[] = [
  {
    name: '0013-key-rotation',
    sql: `
      alter table signing_key add column signing_since timestamptz;
      update signing_key set signing_since = created_at where state = 'current';
    `,
  },
]
