import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { readSetOptions } from './set-option.ts'

const folder = mkdtempSync(join(tmpdir(), 'tandem-set-'))
const file = join(folder, 'secret')
writeFileSync(file, 'canary\n')
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const read = (pair: string) => readSetOptions([pair], { THEIRS: 'postgres://u:canary@localhost/x' })

it.each([
  ['TANDEM_URL=http://localhost:3000', { TANDEM_URL: 'http://localhost:3000' }],
  ['DATABASE_URL=postgres://tandem@localhost/x', { DATABASE_URL: 'postgres://tandem@localhost/x' }],
  ['DATABASE_URL=env:THEIRS', { DATABASE_URL: 'postgres://u:canary@localhost/x' }],
  [`provider-secret=@${file}`, { 'provider-secret': 'canary' }],
  ['TANDEM_MAIL_FROM=Tandem <t@acme.example>', { TANDEM_MAIL_FROM: 'Tandem <t@acme.example>' }],
  ['TANDEM_SMTP_URL=', { TANDEM_SMTP_URL: '' }],
])('--set %s is taken', (pair, answers) => {
  expect(read(pair)).toEqual(answers)
})

it.each([
  ['provider-secret=canary', 'provider-secret=@FILE'],
  ['administrator-password=canary', 'administrator-password=env:VARIABLE'],
  ['TANDEM_SECRET=canary', '@FILE'],
  ['TANDEM_METRICS_TOKEN=canary', '@FILE'],
  ['TANDEM_VAULT_KEYS=2:canary', '@FILE'],
  ['TANDEM_SIGN_IN_WITH=[{"clientSecret":"canary"}]', '@FILE'],
  ['DATABASE_URL=postgres://u:canary@localhost/x', '@FILE'],
  ['DATABASE_URL=postgres://localhost/x?password=canary', '@FILE'],
  ['TANDEM_SMTP_URL=u:canary@mail', '@FILE'],
  ['TANDEM_SECRET=env:NOT_THERE', 'no NOT_THERE in the environment'],
  ['TANDEM_SECRET=@/nowhere', '/nowhere can’t be read'],
  ['=canary', '--set NAME=VALUE'],
])('--set %s is refused with what to do, and its value not repeated', (pair, words) => {
  expect(() => read(pair)).toThrow(words)
  expect(() => read(pair)).not.toThrow('canary')
})
