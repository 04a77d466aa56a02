/** The pages of the settings, as their navigation and the palette list them. `also`: other words people look for. */
export const settingsPages = [
  {
    group: 'Workspace',
    administrators: false,
    pages: [
      { to: '/settings/account', label: 'Your account', also: 'password passkeys authenticator sessions' },
      { to: '/settings/keys', label: 'Keys', also: 'api keys servers upstreams connections' },
      { to: '/settings/members', label: 'Members', also: 'people invitations' },
    ],
  },
  {
    group: 'Agents',
    administrators: true,
    pages: [
      { to: '/settings/apps', label: 'Apps', also: 'clients secrets initial access tokens' },
      { to: '/settings/approvals', label: 'Approvals', also: 'waiting apps' },
      { to: '/settings/upstreams', label: 'Upstreams', also: 'gateway mcp servers tools twenty' },
      { to: '/settings/policy', label: 'Policy', also: 'rules refused dry run' },
      { to: '/settings/grants', label: 'Access', also: 'all grants permissions' },
    ],
  },
  {
    group: 'Security',
    administrators: true,
    pages: [
      { to: '/settings/sign-in', label: 'Sign-in', also: 'domains providers second step' },
      { to: '/settings/signing-keys', label: 'Signing keys', also: 'rotate' },
      { to: '/settings/limits', label: 'Rate limits', also: 'calls a minute' },
      { to: '/settings/audit', label: 'Audit', also: 'log record history export' },
      { to: '/settings/emergency', label: 'Emergency stop', also: 'all agents' },
    ],
  },
] as const
export type SettingsPage = (typeof settingsPages)[number]['pages'][number]
