// What `npm run check` runs before the tests, and `npm test` runs as tests of the house.
export const checks = [
  {
    name: 'format',
    claim: 'every file has the one format',
    args: ['node_modules/oxfmt/bin/oxfmt', '--check'],
  },
  {
    name: 'lint',
    claim: 'the linter finds nothing',
    args: ['node_modules/oxlint/bin/oxlint', '--deny-warnings'],
  },
  {
    name: 'types of the server',
    claim: 'the server type-checks without the DOM',
    args: ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'],
  },
  {
    name: 'types of the web app',
    claim: 'the web app type-checks without Node',
    args: ['node_modules/typescript/bin/tsc', '-p', 'src/web/tsconfig.json'],
  },
  {
    name: 'architecture',
    claim: 'modules import only what their line allows, through doors, without cycles',
    args: [
      'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs',
      'src',
      '--config',
      '.dependency-cruiser.cjs',
    ],
  },
  {
    name: 'dead code',
    claim: 'nothing is exported, installed or filed for nobody',
    args: ['node_modules/knip/bin/knip.js'],
  },
  {
    name: 'architecture picture',
    claim: 'the picture in ARCHITECTURE.md is drawn from the imports',
    args: ['scripts/architecture.mjs', '--check'],
  },
  { name: 'links', claim: 'every link in the docs leads somewhere', args: ['scripts/links.mjs'] },
]
