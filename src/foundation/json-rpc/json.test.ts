import { describe, expect, it } from 'vitest'
import { parseJson } from './json.ts'

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

describe('the JSON of a request', () => {
  it('is taken when it is ordinary', () => {
    const text = '{"a":[1,null,true,"zoë 🙂"],"b":{"c":"\\ud83d\\ude42"}}'
    expect(parseJson(text)).toEqual({ ok: true, value: JSON.parse(text) })
    expect(parseJson(nested(32)).ok).toBe(true)
  })

  it('is refused when it is not JSON, deeper than anything of ours, or hides a prototype', () => {
    for (const text of ['', '{', 'undefined', '{"a":1}x', nested(33), nested(100_000)]) {
      expect(parseJson(text), text.slice(0, 20)).toMatchObject({ ok: false })
    }
    expect(parseJson('{"params":{"__proto__":{"admin":true}}}')).toMatchObject({ ok: false })
    expect({}).not.toHaveProperty('admin')
  })

  it('is refused with text no store takes, in values and in keys', () => {
    for (const text of [
      '"\\u0000"',
      '{"a":["x\\u0000y"]}',
      '{"\\u0000":1}',
      '"\\ud800"',
      '{"\\udc00":1}',
      '"\\udc00\\ud800"',
    ]) {
      expect(parseJson(text), text).toMatchObject({ ok: false })
    }
  })
})
