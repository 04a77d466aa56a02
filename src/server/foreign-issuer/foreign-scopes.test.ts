import { expect, it } from 'vitest'
import { foreignScopes } from './foreign-scopes.ts'

const { meaning } = foreignScopes({ scopes: { 'twenty:write': ['crm:write', '*:write'] } })
const offered = ['crm:write', 'crm:read', 'files:read', 'files:write']

it('a pattern is the settings’ to write: in a token it means nothing', () => {
  expect(meaning(['*:write', '*:read'], offered)).toEqual([])
  expect(meaning(['twenty:write'], offered)).toEqual(['crm:write', 'files:write'])
  expect(meaning(['files:read'], offered)).toEqual(['files:read'])
})
