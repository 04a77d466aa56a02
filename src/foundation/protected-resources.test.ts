import { describe, expect, it } from 'vitest'
import { protectedResources } from './protected-resources.ts'

const notes = {
  resource: 'https://notes.example/mcp',
  name: 'Notes',
  scopes: { 'notes:read': 'Read your notes' },
}

describe('TANDEM_RESOURCES', () => {
  it('is a list in the file, JSON in the environment, and nothing when empty', () => {
    expect(protectedResources.parse([notes])).toEqual([notes])
    expect(protectedResources.parse(JSON.stringify([notes]))).toEqual([notes])
    expect(protectedResources.parse('')).toEqual([])
    expect(protectedResources.safeParse('[').success).toBe(false)
  })

  it.each([
    'http://notes.example/mcp',
    'https://notes.example/mcp/',
    'https://notes.example/mcp?x',
    'https://notes.example/mcp#x',
    'https://ada@notes.example/mcp',
    'https://NOTES.example/mcp',
    'notes',
  ])('refuses %s as a resource: aud has one spelling', (resource) => {
    expect(protectedResources.safeParse([{ ...notes, resource }]).success).toBe(false)
  })

  it.each(['https://notes.example', 'http://localhost:4000/mcp', 'http://[::1]:4000/mcp'])(
    'takes %s',
    (resource) => {
      expect(protectedResources.safeParse([{ ...notes, resource }]).success).toBe(true)
    },
  )

  it('refuses scopes that mean something else, and defaults without words', () => {
    for (const scope of ['openid', 'offline_access', 'two words', '"quoted"']) {
      expect(protectedResources.safeParse([{ ...notes, scopes: { [scope]: 'x' } }]).success, scope).toBe(
        false,
      )
    }
    expect(protectedResources.safeParse([{ ...notes, default_scopes: ['notes:write'] }]).success).toBe(false)
    expect(protectedResources.safeParse([notes, notes]).success).toBe(false)
  })
})
