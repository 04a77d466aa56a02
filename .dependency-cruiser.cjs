// The architecture, as one table. A module may import only the modules on its line.
const mayImport = {
  foundation: [],
  contract: [],
  storage: ['foundation'],
  audit: ['foundation', 'contract', 'storage'],
  vault: ['foundation', 'contract', 'storage'],
  identity: ['foundation', 'contract', 'storage', 'audit'],
  oauth: ['foundation', 'contract', 'storage', 'audit'],
  guard: ['foundation', 'contract'],
  crm: ['foundation', 'contract', 'storage', 'audit', 'identity'],
  gateway: ['foundation', 'contract', 'storage', 'audit', 'identity', 'vault', 'guard'],
  mcp: ['foundation', 'contract', 'audit', 'identity', 'guard', 'crm'],
  api: ['foundation', 'contract', 'audit', 'identity', 'guard', 'crm', 'oauth', 'vault', 'gateway'],
  web: ['contract'],
  server: [
    'foundation',
    'contract',
    'storage',
    'audit',
    'vault',
    'identity',
    'oauth',
    'guard',
    'crm',
    'gateway',
    'mcp',
    'api',
  ],
  cli: ['foundation', 'contract', 'server'],
}
const mayUse = { oauth: ['jose', 'zod'], guard: ['jose', 'zod'], contract: ['zod'] }
const error = (name, from, to) => ({ name, severity: 'error', from, to })
module.exports = {
  forbidden: [
    ...Object.entries(mayImport).map(([m, ok]) =>
      error(
        `${m}-arrows`,
        { path: `^src/${m}/` },
        { path: '^src/', pathNot: `^src/(${[m, ...ok].join('|')})/` },
      ),
    ),
    ...Object.entries(mayUse).map(([m, ok]) =>
      error(
        `${m}-packages`,
        { path: `^src/${m}/`, pathNot: '\\.test\\.ts$' },
        { dependencyTypes: ['npm', 'npm-dev'], pathNot: `node_modules/(${ok.join('|')})/` },
      ),
    ),
    error(
      'use-the-door',
      { path: '^src/([^/]+)/' },
      { path: '^src/', pathNot: ['^src/$1/', '^src/[^/]+/index\\.ts$', '^src/gateway/twenty/index\\.ts$'] },
    ),
    error(
      'sql-stays-in-the-store',
      { path: '^src/oauth/', pathNot: '^src/oauth/store/' },
      { path: '^src/storage/' },
    ),
    error('web-runs-in-a-browser', { path: '^src/(web|contract)/' }, { dependencyTypes: ['core'] }),
    error('no-cycles', {}, { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } }),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
  },
}
