import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { importSettings } from './import-settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'tandem-import-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const read = (text: string) => {
  const file = join(folder, 'settings')
  writeFileSync(file, text)
  return importSettings(file)
}

it('what an install of twenty-mcp says means here what a start with it would mean', () => {
  const { answers } = read(
    'MCP_SERVER_URL=https://crm.acme.example/mcp\nTRUSTED_PROXIES=10.9.9.9\nIP_BLOCK_UNKNOWN=false\nAUTH_ENABLED=true\nCLERK_DOMAIN=https://acme.clerk.accounts.dev/\n',
  )
  expect(answers).toEqual({
    TANDEM_URL: 'https://crm.acme.example',
    TANDEM_TRUSTED_PROXIES: '10.9.9.9',
    TANDEM_IP_BLOCK_UNKNOWN: '0',
    provider: 'clerk',
    'provider-issuer': 'https://acme.clerk.accounts.dev',
  })
  expect(() => read('MCP_SERVER_URL=https://acme.example/crm')).toThrow('must be an origin')
  expect(() => read('AUTH_ENABLED=true\nCLERK_DOMAIN=your-app.clerk.accounts.dev')).toThrow('CLERK_DOMAIN')
})

it('its JSON nests, and what is switched on in one part is not in another', () => {
  const settings = {
    ipProtection: { enabled: true, allowlist: ['203.0.113.9', '10.0.0.0/8'] },
    auth: { enabled: false, clerkDomain: 'acme.clerk.accounts.dev' },
    twentyBaseUrl: 'https://twenty.acme.example',
  }
  const { answers, notes } = read(JSON.stringify(settings))
  expect([answers, notes]).toEqual([
    { TANDEM_IP_ALLOWLIST: '203.0.113.9,10.0.0.0/8', twenty: 'https://twenty.acme.example' },
    [],
  ])
})
