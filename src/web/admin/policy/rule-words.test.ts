import { describe, expect, it } from 'vitest'
import { ceilingWords, conditionWords, moved } from './rule-words.ts'

describe('a rule in words', () => {
  it('without conditions is about every app', () => {
    expect(conditionWords({})).toBe('Every app')
  })

  it('names each condition once', () => {
    expect(
      conditionWords({
        registration: ['dynamic'],
        registering: true,
        initialAccessToken: false,
        redirect: ['loopback', 'app'],
        scopes: ['crm:delete'],
        lookAlike: true,
      }),
    ).toBe(
      'Apps registered by themselves, while they register, without an initial access token, whose answers go to a program on this computer or an app’s own scheme, that ask for crm:delete, named like an app you trust',
    )
    expect(conditionWords({ domains: ['*.acme.example'], approved: false })).toBe(
      'Apps that nobody approved, whose document is at *.acme.example',
    )
  })

  it('says what it holds them to', () => {
    expect(ceilingWords({})).toEqual([])
    expect(ceilingWords({ scopes: ['crm:read'], grantDays: 1, accessSeconds: 60 })).toEqual([
      'only crm:read',
      'for 1 day',
      'tokens of 60 seconds',
    ])
  })
})

it('a rule moves one place, and never off the list', () => {
  expect(moved(['a', 'b', 'c'], 2, 0)).toEqual(['c', 'a', 'b'])
  expect(moved(['a', 'b', 'c'], 0, 1)).toEqual(['b', 'a', 'c'])
  expect(moved(['a', 'b'], 0, -1)).toEqual(['a', 'b'])
  expect(moved(['a', 'b'], 1, 2)).toEqual(['a', 'b'])
})
