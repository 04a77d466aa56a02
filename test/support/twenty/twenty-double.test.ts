import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dataModel } from './data-model.ts'
import { faultsOf } from './openapi.ts'
import { startTwenty } from './twenty-double.ts'
import type { TwentyDouble } from './twenty-double.ts'

let twenty: TwentyDouble
beforeAll(async () => {
  twenty = await startTwenty({ keys: { reader: { name: 'Reader', dataModel: false, hidden: ['rocket'] } } })
})
afterAll(() => twenty.close())

/** Asks, and fails where question or answer isn't as Twenty's own description has it. */
async function ask(method: string, path: string, body?: unknown, key: string | null = twenty.key) {
  const response = await fetch(`${twenty.url}/rest${path}`, {
    method,
    headers: {
      ...(key !== null && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const answer = (await response.json()) as { data: Record<string, unknown> } & Record<string, unknown>
  const url = new URL(path, 'http://twenty.test')
  const call = { method, path: `/rest${url.pathname}`, query: url.searchParams, body }
  expect(
    [200, 201, 400, 401].includes(response.status)
      ? faultsOf(call, { status: response.status, body: answer })
      : [],
  ).toEqual([])
  return { status: response.status, answer }
}
const capital = (name: string) => name.charAt(0).toUpperCase() + name.slice(1)

describe('the double, by Twenty’s published description', () => {
  it.each(dataModel().map(({ nameSingular, namePlural }) => [nameSingular, namePlural]))(
    'answers everything about a %s as described',
    async (singular, plural) => {
      const made = await ask('POST', `/${plural}`, {})
      expect(made.status).toBe(201)
      const { id } = made.answer.data[`create${capital(singular)}`] as { id: string }
      for (const depth of [0, 1]) {
        const listed = await ask('GET', `/${plural}?depth=${depth}&limit=1`)
        expect(listed.answer).toMatchObject({ data: { [plural]: [{ id }] }, totalCount: 1 })
        expect((await ask('GET', `/${plural}/${id}?depth=${depth}`)).answer.data).toMatchObject({
          [singular]: { id },
        })
      }
      expect((await ask('PATCH', `/${plural}/${id}`, {})).answer.data).toMatchObject({
        [`update${capital(singular)}`]: { id },
      })
      expect((await ask('DELETE', `/${plural}/${id}`)).answer.data).toEqual({
        [`delete${capital(singular)}`]: { id },
      })
      expect((await ask('GET', `/${plural}/${id}`)).status).toBe(404)
    },
  )

  it('describes itself, with objects, fields and views in pages', async () => {
    const first = await ask('GET', '/metadata/objects?limit=4')
    const { endCursor } = first.answer['pageInfo'] as { endCursor: string }
    const second = await ask('GET', `/metadata/objects?limit=4&starting_after=${endCursor}`)
    const ids = [first, second].flatMap(({ answer }) =>
      (answer.data as unknown as { id: string }[]).map(({ id }) => id),
    )
    expect(new Set(ids).size).toBe(8)
    await ask('GET', '/metadata/fields')
    await ask('GET', '/metadata/views')
    await ask('GET', `/metadata/objects/${ids[0]}`)
  })

  it('tells a missing key, a wrong key and a key that may not apart', async () => {
    expect(await ask('GET', '/people', undefined, null)).toMatchObject({
      status: 403,
      answer: { error: 'FORBIDDEN_EXCEPTION' },
    })
    expect(await ask('GET', '/people', undefined, 'wrong')).toMatchObject({
      status: 401,
      answer: { error: 'UNAUTHENTICATED' },
    })
    expect((await ask('GET', '/rockets', undefined, 'reader')).status).toBe(403)
    expect((await ask('GET', '/metadata/objects', undefined, 'reader')).status).toBe(403)
  })

  it('filters, sorts and pages as Twenty’s own tests have it', async () => {
    for (const [position, name] of ['a, b', 'A "b"', '50%', '50x'].entries())
      twenty.workspace.add('rocket', { name, position, thrust: position === 3 ? null : position * 10 })
    const names = async (query: string) =>
      ((await ask('GET', `/rockets?${query}`)).answer.data['rockets'] as { name: string }[]).map(
        ({ name }) => name,
      )
    const by = (filter: string) => names(`order_by=position&filter=${encodeURIComponent(filter)}`)
    expect(await by('thrust[gte]:10')).toEqual(['A "b"', '50%'])
    expect(await by('thrust[is]:NULL')).toEqual(['50x'])
    expect(await by('or(thrust[eq]:0,not(thrust[is]:NOT_NULL))')).toEqual(['a, b', '50x'])
    expect(await by('name[ilike]:"%A%"')).toEqual(['a, b', 'A "b"'])
    expect(await by('name[like]:"50\\%"')).toEqual(['50%'])
    expect(await by('name[eq]:"a, b"')).toEqual(['a, b'])
    // No escapes: a quote inside a quoted value ends it.
    expect(await by('name[eq]:"x",thrust[eq]:0')).toEqual([])
    expect(await names('order_by=thrust[DescNullsLast]')).toEqual(['50%', 'A "b"', 'a, b', '50x'])
    const first = await ask('GET', '/rockets?order_by=position&limit=2')
    const { endCursor, hasNextPage } = first.answer['pageInfo'] as { endCursor: string; hasNextPage: boolean }
    expect(hasNextPage).toBe(true)
    expect(await names(`order_by=position&limit=2&starting_after=${encodeURIComponent(endCursor)}`)).toEqual([
      '50%',
      '50x',
    ])
    const headers = { authorization: `Bearer ${twenty.key}` }
    for (const wrong of [
      'filter=price[eq]:1',
      'filter=nothing[eq]:1',
      'filter=(name[eq]:1',
      'order_by=price',
      'depth=2',
      'starting_after=x',
    ])
      expect([wrong, (await fetch(`${twenty.url}/rest/rockets?${wrong}`, { headers })).status]).toEqual([
        wrong,
        400,
      ])
  })
})
