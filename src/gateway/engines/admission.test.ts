import { describe, expect, it } from 'vitest'
import { testClock } from '../../../test/support/clock.ts'
import { createAdmission } from './admission.ts'
import type { TroubleKind } from '../engine.ts'

const open = (limits: { atOnce?: number; atOnceEach?: number } = {}) => {
  const clock = testClock()
  return { clock, admission: createAdmission({ atOnce: 4, atOnceEach: 2, ...limits }, clock) }
}
const kindOf = (act: () => unknown): TroubleKind | 'in' => {
  try {
    act()
    return 'in'
  } catch (error) {
    return (error as { kind: TroubleKind }).kind
  }
}

describe('calls at once', () => {
  it('one person has so many places, all together have so many', () => {
    const { admission } = open()
    const first = admission.enter('ada')
    admission.enter('ada')
    expect(kindOf(() => admission.enter('ada'))).toBe('busy')
    admission.enter('grace')
    admission.enter('grace')
    expect(kindOf(() => admission.enter('alan'))).toBe('busy')
    first.leave()
    expect(kindOf(() => admission.enter('alan'))).toBe('in')
  })

  it('a place is given back once', () => {
    const { admission } = open({ atOnce: 2 })
    const first = admission.enter('ada')
    admission.enter('grace')
    first.leave()
    first.leave()
    admission.enter('ada')
    expect(kindOf(() => admission.enter('ada'))).toBe('busy')
  })
})

describe('the circuit', () => {
  const fail = (admission: ReturnType<typeof open>['admission'], kind: TroubleKind, people: string[]) => {
    for (const person of people) admission.enter(person).leave(kind)
  }
  const five = ['ada', 'ada', 'ada', 'ada', 'ada']

  it('opens after five failures in a row, lets one call try, and closes when that goes well', () => {
    const { admission, clock } = open()
    fail(admission, 'unreachable', five)
    expect(kindOf(() => admission.enter('grace'))).toBe('resting')
    clock.advance(5_000)
    const probe = admission.enter('grace')
    expect(kindOf(() => admission.enter('ada'))).toBe('resting')
    probe.leave()
    expect(kindOf(() => admission.enter('ada'))).toBe('in')
  })

  it('rests longer after each try that fails, up to a minute', () => {
    const { admission, clock } = open()
    fail(admission, 'unreachable', five)
    for (const seconds of [5, 10, 20, 40, 60, 60]) {
      expect(kindOf(() => admission.enter('ada'))).toBe('resting')
      clock.advance(seconds * 1000)
      admission.enter('ada').leave('unreachable')
    }
  })

  it('one success in between begins the count again', () => {
    const { admission } = open()
    fail(admission, 'unreachable', five.slice(1))
    admission.enter('grace').leave()
    fail(admission, 'unreachable', five.slice(1))
    expect(kindOf(() => admission.enter('ada'))).toBe('in')
  })

  it('a refused credential and an answer too large say that the upstream is there', () => {
    const { admission } = open()
    fail(admission, 'refused', five)
    fail(admission, 'too_large', five)
    expect(admission.restsUntil()).toBeNull()
  })

  it('slow calls of one person alone take the upstream from nobody', () => {
    const { admission } = open()
    fail(admission, 'late', [...five, ...five])
    expect(kindOf(() => admission.enter('grace'))).toBe('in')
    const { admission: other } = open()
    fail(other, 'late', ['ada', 'grace', 'ada', 'grace', 'ada'])
    expect(kindOf(() => other.enter('grace'))).toBe('resting')
  })

  it('a try that its caller gave up leaves the next one to try', () => {
    const { admission, clock } = open()
    fail(admission, 'unreachable', five)
    clock.advance(5_000)
    admission.enter('ada').leave('abandoned')
    expect(kindOf(() => admission.enter('grace'))).toBe('in')
  })
})
