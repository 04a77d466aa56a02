import { describe, expect, it } from 'vitest'
import { createPace } from './pace.ts'

const { signal } = new AbortController()

function open() {
  let now = 0
  const waits: number[] = []
  const pace = createPace({ now: () => new Date(now) }, async (ms) => void waits.push(ms))
  return { waits, advance: (ms: number) => (now += ms), take: (who: string) => pace.turn(who, signal), pace }
}

describe('a credential’s turns', () => {
  it('are a hundred at once and a hundred a minute then, in the order of asking', async () => {
    const { waits, take, advance } = open()
    for (let nr = 0; nr < 100; nr++) await take('ada')
    expect(waits).toEqual([])
    await take('ada')
    await take('ada')
    expect(waits).toEqual([600, 1200])
    advance(60_000)
    for (let nr = 0; nr < 98; nr++) await take('ada')
    expect(waits).toHaveLength(2)
    await take('ada')
    expect(waits).toHaveLength(3)
  })

  it('are nobody else’s', async () => {
    const { waits, take } = open()
    for (let nr = 0; nr < 101; nr++) await take('ada')
    await take('grace')
    expect(waits).toEqual([600])
  })

  it('that are too far away aren’t waited for, and cost none', async () => {
    const { take, advance } = open()
    const refused = await Promise.allSettled(Array.from({ length: 200 }, () => take('ada')))
    expect(refused.filter(({ status }) => status === 'rejected')).toHaveLength(84)
    await expect(take('ada')).rejects.toMatchObject({ kind: 'busy' })
    advance(9_600)
    await expect(take('ada')).resolves.toBeUndefined()
  })

  it('begin again when Twenty said they would', async () => {
    const { take, pace, waits, advance } = open()
    pace.hold('ada', 3000)
    await take('ada')
    expect(waits).toEqual([3000])
    pace.hold('ada', 3_600_000)
    await expect(take('ada')).rejects.toMatchObject({ kind: 'busy' })
    advance(3_600_000)
    await expect(take('ada')).resolves.toBeUndefined()
  })
})
