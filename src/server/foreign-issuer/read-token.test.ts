import { expect, it } from 'vitest'
import { systemClock } from '#foundation'
import { createReadForeignToken } from './read-token.ts'

const issuer = 'https://as.example'
const resource = 'https://tandem.example/mcp'

/** What is made of a token of which the other server says this. */
const read = (said: object) => {
  const answer = {
    active: true,
    iss: issuer,
    sub: 'grace',
    client_id: 'planner',
    aud: resource,
    exp: Date.now() / 1000 + 600,
    ...said,
  }
  const introspection = {
    url: `${issuer}/introspect`,
    client_id: 'tandem',
    client_secret: 'sixteen letters!',
  }
  const of = { issuer, introspection, type: 'at+jwt' as const, email_domains: [], scopes: {} }
  return createReadForeignToken(of, async () => Response.json(answer), systemClock)('opaque', resource)
}

it('a bound token never becomes a bearer token, whatever the other server leaves out', async () => {
  expect(await read({ token_type: 'DPoP' })).toBeUndefined()
  expect(await read({ token_type: 'DPoP', cnf: { jkt: 'thumb' } })).toMatchObject({ boundTo: 'thumb' })
  expect(await read({ cnf: { jkt: 'thumb' } })).toMatchObject({ boundTo: 'thumb' })
  expect(await read({ token_type: 'Bearer' })).toMatchObject({ boundTo: null })
})
