import { expect, it } from 'vitest'
import { createHealth } from './health.ts'

it('strangers who ask all at once cost the database one question, and the next one is new', async () => {
  let asked = 0
  let answer = (): void => undefined
  const ping = () => {
    asked++
    return new Promise<void>((resolve) => (answer = resolve))
  }
  const health = createHealth({ ping }, () => [])
  const many = Array.from({ length: 50 }, () => health.answer('/health', false))
  expect(asked).toBe(1)
  answer()
  expect((await Promise.all(many)).map((one) => one?.status)).toEqual(Array.from({ length: 50 }, () => 200))
  const later = health.answer('/health', false)
  expect(asked).toBe(2)
  answer()
  expect((await later)?.status).toBe(200)
})
