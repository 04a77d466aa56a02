import type { Migration } from '#storage'

/** What ID tokens tell of the sign-in, what was asked for in detail (RFC 9396), and where the person's answer went. */
export const openidMigrations: Migration[] = [
  {
    name: '0013-openid',
    sql: `
      alter table authorization_code
        add column sign_in jsonb,
        add column authorization_details jsonb;
      alter table oauth_grant
        add column sign_in jsonb,
        add column authorization_details jsonb,
        add column redirect_uri text;
    `,
  },
]
