/** The pages of the settings, as their navigation and the palette list them. */
export const settingsPages = [
  {
    group: 'Workspace',
    administrators: false,
    pages: [
      { to: '/settings/account', label: 'Your account' },
      { to: '/settings/members', label: 'Members' },
    ],
  },
  {
    group: 'Agents',
    administrators: true,
    pages: [
      { to: '/settings/apps', label: 'Apps' },
      { to: '/settings/approvals', label: 'Approvals' },
      { to: '/settings/policy', label: 'Policy' },
      { to: '/settings/grants', label: 'Access' },
    ],
  },
  {
    group: 'Security',
    administrators: true,
    pages: [
      { to: '/settings/sign-in', label: 'Sign-in' },
      { to: '/settings/keys', label: 'Keys' },
      { to: '/settings/limits', label: 'Rate limits' },
      { to: '/settings/audit', label: 'Audit' },
      { to: '/settings/emergency', label: 'Emergency stop' },
    ],
  },
] as const
