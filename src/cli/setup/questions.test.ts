import { expect, it } from 'vitest'
import { judge, questions } from './questions.ts'

const judged = async (name: string, value: string) => {
  const question = questions.find((one) => one.name === name)
  if (!question) throw new Error(`No question ${name}`)
  return judge(question, value, { TANDEM_URL: 'http://localhost:3000' })
}

it.each([
  ['TANDEM_URL', 'http://crm.acme.example', 'must be https'],
  ['TANDEM_URL', 'https://crm.acme.example/tandem', 'without path'],
  ['TANDEM_URL', 'crm.acme.example', 'begins with https'],
  ['PORT', '70000', 'expected number to be <=65535'],
  ['TANDEM_CLIENT_POLICY', 'everybody', 'ask, open, local, closed'],
  ['TANDEM_IP_ALLOWLIST', 'office', 'office'],
  ['TANDEM_TRUSTED_PROXIES', '', 'needed'],
  ['DATABASE_URL', 'mysql://localhost/x', 'postgres://'],
  ['provider-issuer', '', 'needed'],
  ['provider-issuer', 'http://login.acme.example', 'https'],
  ['TANDEM_SMTP_URL', 'mail.acme.example', 'smtp://'],
  ['twenty', 'ftp://twenty', 'address of the workspace'],
])('the answer %s=%s can’t be', async (name, value, words) => {
  expect(await judged(name, value)).toMatchObject({ kind: 'wrong', words: expect.stringContaining(words) })
})

it.each([
  ['TANDEM_URL', 'http://localhost:3000'],
  ['TANDEM_IP_ALLOWLIST', '203.0.113.0/24,2001:db8::1'],
  ['TANDEM_SMTP_URL', ''],
  ['administrator', ''],
])('the answer %s=%s is good', async (name, value) => {
  expect(await judged(name, value)).toMatchObject({ kind: 'ok' })
})
