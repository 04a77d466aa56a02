import { afterAll, expect, it, vi } from 'vitest'
import { safeNext } from './next.ts'

vi.stubGlobal('location', { origin: 'https://crm.acme.example' })
afterAll(() => vi.unstubAllGlobals())

it('R8 after signing in nobody is sent anywhere else, however the way is spelt', () => {
  for (const next of [
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    '/.//evil.example',
    '/%2e//evil.example',
    '/..//evil.example',
    '/a/..//evil.example',
    'javascript:alert(1)',
  ])
    expect(safeNext(next), next).toBe('/')
  expect(safeNext('/consent/itx_1?a=b#c')).toBe('/consent/itx_1?a=b#c')
})
