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
    group: 'Security',
    administrators: true,
    pages: [
      { to: '/settings/sign-in', label: 'Sign-in' },
      { to: '/settings/keys', label: 'Keys' },
      { to: '/settings/audit', label: 'Audit' },
    ],
  },
] as const
