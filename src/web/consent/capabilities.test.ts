import type { ConsentView } from '#contract'
import { describe, expect, it } from 'vitest'
import { capabilities, impliedBy, presets } from './capabilities.ts'

const view: ConsentView = {
  id: 'itx_1',
  csrf: 'c',
  client: {
    name: 'Notebook',
    verifiedDomain: null,
    registration: 'dynamic',
    firstSeenAt: '2026-11-21T09:00:00Z',
    firstSeenToday: true,
  },
  redirect: { host: '127.0.0.1', loopback: true, appScheme: false },
  device: null,
  person: { name: 'Ada', email: 'ada@acme.example' },
  scopes: [
    { scope: 'crm:read', words: 'See records and their history', already: false },
    { scope: 'crm:write', words: 'Add and change records', already: false },
    { scope: 'email', words: 'Know your email address', already: false },
  ],
  remembered: null,
  signInOnly: false,
  details: [],
  objects: [
    { name: 'company', labelPlural: 'Companies' },
    { name: 'note', labelPlural: 'Notes' },
  ],
  resource: 'http://localhost:3000/mcp',
  elsewhere: false,
  warnings: [],
  mostDays: null,
  needsAdministrator: false,
}

describe('what an app can and can’t do, in words', () => {
  it('writing brings reading with it, and deleting stays denied', () => {
    const { can, cannot } = capabilities(view, { scopes: ['crm:write'], objects: null, days: null })
    expect(can).toEqual(['See the records you can see, and their history', 'Add and change records'])
    expect(cannot).toContain('Delete anything')
    expect(cannot).not.toContain('See any records')
  })

  it('reading alone says that nothing is changed', () => {
    const { cannot } = capabilities(view, { scopes: ['crm:read'], objects: null, days: null })
    expect(cannot).toContain('Add or change anything')
  })

  it('objects left out are named among what it can’t see', () => {
    const { can, cannot } = capabilities(view, { scopes: ['crm:read'], objects: ['company'], days: null })
    expect(can).toContain('See companies, and their history')
    expect(cannot[0]).toBe('See notes')
  })

  it('for somebody else’s server it says what it can there, and that records of ours stay out of reach', () => {
    const scopes = [{ scope: 'ledger:read', words: 'Look things up in Ledger', already: false }]
    const there: ConsentView = { ...view, scopes, objects: [], resource: 'Ledger', elsewhere: true }
    expect(capabilities(there, { scopes: ['ledger:read'], objects: null, days: null })).toEqual({
      can: ['Look things up in Ledger'],
      already: [],
      cannot: ['See or change records in Tandem', 'Change members, roles or other apps'],
    })
  })

  it('there too, changing brings looking up with it, and what she takes away stands among what it can’t', () => {
    const scopes = [
      { scope: 'ledger:read', words: 'Look things up in Ledger', already: false },
      { scope: 'ledger:write', words: 'Change things in Ledger', already: false },
    ]
    const there: ConsentView = { ...view, scopes, objects: [], resource: 'Ledger', elsewhere: true }
    const chosen = (...some: string[]) => capabilities(there, { scopes: some, objects: null, days: null })
    expect(chosen('ledger:write').can).toEqual(['Look things up in Ledger', 'Change things in Ledger'])
    expect(chosen('ledger:read').cannot).toContain('Change things in Ledger')
    expect(impliedBy('ledger:read', ['ledger:write'])).toBe(true)
    expect(impliedBy('ledger:read', ['ledger:read', 'notes:write'])).toBe(false)
    expect(impliedBy('email', ['email'])).toBe(false)
  })

  const remembered = { since: '2026-11-01T09:00:00Z', objects: null }
  const asksForMore: ConsentView = {
    ...view,
    remembered,
    scopes: [
      { scope: 'crm:read', words: 'See records and their history', already: true },
      { scope: 'crm:delete', words: 'Delete records', already: false },
    ],
  }
  const all = { scopes: ['crm:read', 'crm:delete'], objects: null, days: null }

  it('what it had before stands apart from what is new', () => {
    expect(capabilities(asksForMore, all)).toMatchObject({
      can: ['Delete records'],
      already: ['See the records you can see, and their history'],
    })
  })

  it('what reaches further than before is new', () => {
    const limited = { ...asksForMore, remembered: { ...remembered, objects: ['company'] } }
    expect(capabilities(limited, all).already).toEqual([])
    expect(capabilities(limited, { ...all, objects: ['company'] }).already).toEqual([
      'See companies, and their history',
    ])
  })

  it('presets give only what was asked for, and keep what isn’t about records', () => {
    expect(presets(view)).toEqual([
      { name: 'Read only', scopes: ['crm:read', 'email'] },
      { name: 'Read and write', scopes: ['crm:read', 'crm:write', 'email'] },
    ])
    const onlyWrite = { ...view, scopes: view.scopes.filter((one) => one.scope === 'crm:write') }
    expect(presets(onlyWrite).map((one) => one.name)).toEqual(['Read and write'])
  })
})
