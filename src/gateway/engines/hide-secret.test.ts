import { expect, it } from 'vitest'
import { hider } from './hide-secret.ts'

it('G6 a secret is taken out of a text, and nothing else is', () => {
  const hide = hider({ secret: 'sk-live.7391' })
  expect(hide('{"a":"sk-live.7391","b":"sk-live_7391 \\" sk-liveX7391"}')).toBe(
    '{"a":"[hidden]","b":"sk-live_7391 \\" sk-liveX7391"}',
  )
  expect(hider({ secret: null })('sk-live.7391')).toBe('sk-live.7391')
})

it('G6 a secret is known in every form that JSON has for it', () => {
  const secret = 'a"b\\c/d+e&f<g'
  const hide = hider({ secret })
  const forms = [
    JSON.stringify(secret),
    '"a\\"b\\\\c\\/d+e&f<g"',
    '"a\\u0022b\\u005cc\\u002fd\\u002Be\\u0026f\\u003cg"',
    '"a\\"b\\u005Cc/d+e\\u0026f\\u003Cg"',
  ]
  for (const form of forms) {
    expect(JSON.parse(form)).toBe(secret)
    expect(hide(form)).toBe('"[hidden]"')
  }
})

it('G6 a secret of digits leaves a number a number', () => {
  const hide = hider({ secret: '4711471147' })
  expect(hide('{"n":4711471147,"s":"4711471147"}')).toBe('{"n":1111111111,"s":"1111111111"}')
})

it('a word is no secret: what is shorter than eight characters stays', () => {
  expect(hider({ secret: 'Bearer x' })('Bearer x, x, x')).toBe('[hidden], x, x')
  expect(hider({ secret: 'hello' })('hello')).toBe('hello')
})
