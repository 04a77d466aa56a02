import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTandem } from '../support/tandem.ts'
import type { Browser, RunningTandem } from '../support/tandem.ts'

type Schema = {
  type?: string
  enum?: unknown[]
  const?: unknown
  items?: Schema
  properties?: Record<string, Schema>
  anyOf?: Schema[]
  oneOf?: Schema[]
}
type Parameter = { name: string; in: string; required: boolean; schema: Schema }
type Operation = {
  parameters: Parameter[]
  requestBody?: { content: { 'application/json': { schema: Schema } } }
}

/** What somebody might send as a time, a number, an id, a place in a list or a text. */
const odd =
  `0000-01-01T00:00:00Z 0001-01-01T00:00:00+14:00 9999-12-31T23:59:59-14:00 0 -1 1e308 9007199254740991
  99999999999999999999 999999999999999~x 0~x true % \\ ' [ * a.b __proto__ \u{202e} \u{fffd} ${'x'.repeat(199)}
  grt_${'0'.repeat(26)} https://app.example/client.json`
    .split(/\s+/)
    .concat('', ' ')
/** Ends the session that asks, or never ends its answer. */
const left = ['/session', '/sessions', '/password', '/events']

let tandem: RunningTandem
let ada: Browser
beforeAll(async () => {
  tandem = await startTandem()
  ada = await tandem.signIn('ada')
})
afterAll(() => tandem.close())

/** A value of the schema's shape with the odd one wherever a text fits. */
function shaped(schema: Schema | undefined, text: string): unknown {
  if (schema?.const !== undefined) return schema.const
  if (schema?.enum) return schema.enum[0]
  const [either] = schema?.anyOf ?? schema?.oneOf ?? []
  if (either) return shaped(either, text)
  if (schema?.type === 'array') return [shaped(schema.items, text)]
  if (schema?.type === 'boolean') return true
  if (schema?.type === 'integer' || schema?.type === 'number') return Number(text) || 1
  if (schema?.type !== 'object') return text
  return Object.fromEntries(
    Object.entries(schema.properties ?? {}).map(([name, one]) => [name, shaped(one, text)]),
  )
}

it(
  'O7 no odd value in a path, a parameter or a body ends in an error of ours',
  { timeout: 120_000 },
  async () => {
    const { body } = await ada.json('GET', '/api/openapi.json')
    const { paths } = body as { paths: Record<string, Record<string, Operation>> }
    const broken: string[] = []
    const send = async (method: string, path: string, value?: unknown) => {
      const response = await ada.fetch(path, {
        method: method.toUpperCase(),
        headers: { 'Content-Type': 'application/json' },
        ...(value !== undefined && { body: JSON.stringify(value) }),
      })
      await response.body?.cancel()
      if (response.status >= 500) broken.push(`${response.status} ${method} ${path} ${JSON.stringify(value)}`)
    }
    for (const [path, operations] of Object.entries(paths).filter(([path]) => !left.includes(path))) {
      for (const [method, { parameters, requestBody }] of Object.entries(operations)) {
        const asked = parameters.filter((one) => one.in === 'query')
        const needed = asked.filter(({ required }) => required)
        for (const text of odd) {
          const at = `/api${path.replaceAll(/\{\w+\}/g, encodeURIComponent(text || 'x'))}`
          await send(method, at, requestBody && shaped(requestBody.content['application/json'].schema, text))
          for (const { name } of asked) {
            const query = new URLSearchParams(
              needed.map((one) => [one.name, String(shaped(one.schema, 'x'))]),
            )
            query.set(name, text)
            await send(method, `${at}?${query}`)
          }
        }
      }
    }
    expect(broken).toEqual([])
  },
)
