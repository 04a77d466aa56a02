import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sql } from '#storage'
import { openAcme } from '../acme.fixture.ts'
import type { Acme } from '../acme.fixture.ts'

const view = (more: object = {}) => ({
  object: 'company',
  name: 'Big ones',
  filter: [{ field: 'employees', op: 'gt' as const, value: 100 }],
  sort: [{ field: 'name', dir: 'asc' as const }],
  columns: { order: ['name', 'city'], hidden: ['linkedin'] },
  shared: false,
  ...more,
})

describe('saved views', () => {
  let acme: Acme
  beforeAll(async () => {
    acme = await openAcme()
  })
  afterAll(() => acme.close())
  const names = async (who: Acme['ada']) =>
    (await acme.crm.views.list(who, 'company')).map(({ name, mine }) => [name, mine])

  it('are their maker’s until she shares them; not from someone else', async () => {
    const { crm, ada, grace } = acme
    const own = await crm.views.save(grace, view())
    expect(own).toMatchObject({ ...view(), mine: true })
    expect(await names(grace)).toEqual([['Big ones', true]])
    expect(await names(ada)).toEqual([])
    await crm.views.change(grace, own.id, { shared: true })
    expect(await names(ada)).toEqual([['Big ones', true]])
    const adas = await crm.views.save(ada, view({ name: 'Ada’s', shared: true }))
    expect(await names(grace)).toEqual([
      ['Big ones', true],
      ['Ada’s', false],
    ])
    await expect(crm.views.change(grace, adas.id, { name: 'Mine now' })).rejects.toMatchObject({
      code: 'not_found',
    })
    await expect(crm.views.remove(grace, adas.id)).rejects.toMatchObject({ code: 'not_found' })
    await crm.views.remove(ada, adas.id)
    await crm.views.remove(ada, own.id)
    expect(await names(grace)).toEqual([])
    await crm.views.restore(grace, own.id)
    expect(await names(grace)).toEqual([['Big ones', true]])
    await crm.views.remove(grace, own.id)
  })

  it('an administrator changes shared views of others, never private ones', async () => {
    const { crm, ada, grace } = acme
    const hidden = await crm.views.save(grace, view({ name: 'Private' }))
    await expect(crm.views.change(ada, hidden.id, { name: 'x' })).rejects.toMatchObject({ code: 'not_found' })
    await crm.views.remove(grace, hidden.id)
    await expect(crm.views.restore(ada, hidden.id)).rejects.toMatchObject({ code: 'not_found' })
  })

  it('name fields that are there, and objects within reach', async () => {
    const { crm, ada } = acme
    const odd = view({ filter: [{ field: 'nothing', op: 'empty' }] })
    await expect(crm.views.save(ada, odd)).rejects.toMatchObject({ code: 'invalid' })
    await expect(crm.views.save(ada, view({ object: 'nothing' }))).rejects.toMatchObject({
      code: 'not_found',
    })
    const agent = acme.agent({ limits: { objects: ['person'] } })
    await expect(crm.views.list(agent, 'company')).rejects.toMatchObject({ code: 'not_found' })
  })

  it('G5 are no agent’s to change: not what it may read, not to share its person’s own', async () => {
    const { crm, grace } = acme
    const agent = acme.agent({ scopes: ['crm:read', 'crm:write'] })
    const { id } = await crm.views.save(grace, view())
    for (const deed of [
      crm.views.save(agent, view()),
      crm.views.change(agent, id, { shared: true }),
      crm.views.remove(agent, id),
      crm.views.restore(agent, id),
    ])
      await expect(deed).rejects.toMatchObject({ code: 'forbidden' })
    const kept = (await crm.views.list(agent, 'company')).find((one) => one.id === id)
    expect(kept).toMatchObject({ shared: false, mine: false })
  })

  it('of one member leave the others theirs, however many and long she makes them', async () => {
    const { crm, ada, grace, storage } = acme
    const { id } = await crm.views.save(grace, view({ name: 'Shared', shared: true }))
    await sql`insert into saved_view select id || n, object, 'Copy', filter, sort, columns, true, member_id, created_at
      from saved_view, generate_series(1, 250) as n where id = ${id}`.execute(storage.db<never>())
    await expect(crm.views.save(grace, view())).rejects.toMatchObject({ code: 'too_large' })
    const adas = await crm.views.save(ada, view({ name: 'Ada’s own' }))
    const listed = await crm.views.list(ada, 'company')
    expect([listed.length, listed.some((one) => one.id === adas.id)]).toEqual([200, true])
    const endless = {
      filter: [{ field: 'name', op: 'in' as const, value: Array<string>(40).fill('x'.repeat(1000)) }],
    }
    for (const deed of [crm.views.save(ada, view(endless)), crm.views.change(ada, adas.id, endless)])
      await expect(deed).rejects.toMatchObject({ code: 'too_large' })
  })
})
