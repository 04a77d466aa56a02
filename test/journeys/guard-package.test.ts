import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guard-package-'))
  const archive = join(folder, 'tandem-guard.tgz')
  await run(process.execPath, [join(root, 'scripts/pack-guard.mjs'), archive], { cwd: root })
  const modules = join(folder, 'node_modules')
  await mkdir(join(modules, 'tandem'), { recursive: true })
  await run('tar', ['xzf', archive, '-C', join(modules, 'tandem'), '--strip-components=1'])
  await mkdir(join(modules, '@types'))
  for (const name of ['jose', 'zod', '@types/node', 'undici-types']) {
    await symlink(join(root, 'node_modules', name), join(modules, name)).catch(() => undefined)
  }
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
}, 120_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

const program = `
import { createGuard, introspectionVerifier, jwksVerifier } from 'tandem/guard'
const issuer = 'http://localhost:1'
const resource = 'https://notes.example/mcp'
const verifier = jwksVerifier({ issuer, jwksUri: issuer + '/oauth/jwks.json' })
introspectionVerifier({ issuer, introspectionUri: issuer + '/oauth/introspect', clientId: 'a', clientSecret: 'b' })
const guard = createGuard({ resource, verifier, defaultScopes: ['notes:read'] })
const checked = await guard.check(new Request(resource))
if (checked.ok) throw new Error('let in')
console.log(checked.response.status, checked.response.headers.get('www-authenticate'))
`

describe('the guard as others install it', () => {
  it('runs from JavaScript below node_modules, on jose and zod alone', async () => {
    await writeFile(join(folder, 'program.js'), program)
    const { stdout } = await run(process.execPath, ['program.js'], { cwd: folder })
    expect(stdout).toMatch(/^401 Bearer .*scope="notes:read".*resource_metadata="https:\/\/notes\.example/)
    const code = await readFile(join(folder, 'node_modules/tandem/guard/index.js'), 'utf8')
    const imported = [...code.matchAll(/(?:from|import)\s*\(?\s*["']([^"'./][^"']*)["']/g)].map(
      ([, name]) => name,
    )
    expect(new Set(imported.filter((name) => !name?.startsWith('node:')))).toEqual(new Set(['jose', 'zod']))
  })

  it('brings its types along', async () => {
    await writeFile(join(folder, 'program.ts'), `${program}\nconst wrong: number = guard.check\n`)
    const compilerOptions = {
      module: 'nodenext',
      target: 'es2024',
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      types: ['node'],
    }
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }))
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const said = await run(process.execPath, [tsc, '-p', folder]).catch((error: { stdout: string }) => error)
    // Its one mistake is found, which needs the types; nothing else is.
    expect(
      said.stdout
        .trim()
        .split('\n')
        .filter((line) => /error TS/.test(line)),
    ).toEqual([expect.stringContaining("to type 'number'")])
  })
})
