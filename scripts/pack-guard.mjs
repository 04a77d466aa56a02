// Makes the guard installable elsewhere: one compiled file, its types, `jose` and `zod`. Node strips no types below
// node_modules, so the source won't do. `node scripts/pack-guard.mjs [where to]`
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { build } from 'vite'
import { root } from './prepare.mjs'

const target = resolve(process.argv[2] ?? join(root, 'dist/tandem-guard.tgz'))
const { version, license, dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const { jose, zod } = dependencies
const folder = mkdtempSync(join(tmpdir(), 'tandem-guard-'))
try {
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: 'src/guard/index.ts',
      outDir: join(folder, 'guard'),
      target: 'node22',
      minify: false,
      rollupOptions: {
        output: { entryFileNames: 'index.js' },
        external: ['jose', 'zod', /^node:/],
        // What the guard takes from the foundation is a clock, not the log or the database's neighbours.
        treeshake: { moduleSideEffects: false },
      },
    },
    ssr: { noExternal: true },
  })
  const config = join(folder, 'tsconfig.json')
  const compilerOptions = {
    noEmit: false,
    emitDeclarationOnly: true,
    declaration: true,
    rootDir: join(root, 'src'),
    outDir: join(folder, 'types'),
    typeRoots: [join(root, 'node_modules/@types')],
  }
  const files = [join(root, 'src/guard/index.ts')]
  writeFileSync(
    config,
    JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions, files, include: [] }),
  )
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', config], {
    stdio: 'inherit',
  })
  rmSync(config)
  cpSync(join(root, 'LICENSE'), join(folder, 'LICENSE'))
  cpSync(join(root, 'src/guard/README.md'), join(folder, 'README.md'))
  const manifest = {
    name: 'tandem',
    version,
    license,
    description: 'Tandem’s guard: stands before an MCP server and lets in whom Tandem let in',
    type: 'module',
    engines: { node: '>=20.19' },
    exports: { './guard': { types: './types/guard/index.d.ts', default: './guard/index.js' } },
    // The declarations keep the names of the rooms.
    imports: { '#foundation': './types/foundation/index.d.ts' },
    dependencies: { jose, zod },
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, null, 2))
  const packed = execFileSync('npm', ['pack', '--silent', '--ignore-scripts'], {
    cwd: folder,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  }).trim()
  mkdirSync(dirname(target), { recursive: true })
  cpSync(join(folder, packed), `${target}.new`)
  renameSync(`${target}.new`, target)
  process.stdout.write(`${target}\n`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
