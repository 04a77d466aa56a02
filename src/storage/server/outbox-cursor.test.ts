import { describe, expect, it } from 'vitest'
import { OutboxCursor } from './outbox-cursor.ts'

const cursor = (present: number[], patience = 60_000) =>
  new OutboxCursor({ highest: Math.max(0, ...present), present, patience })

describe('the place in the outbox', () => {
  it('hears each number once', () => {
    const place = cursor([])
    expect([1, 2, 2, 1].map((id) => place.isNews(id))).toEqual([true, true, false, false])
  })

  it('asks again for a number that a slower transaction still holds', () => {
    const place = cursor([])
    expect(place.isNews(3)).toBe(true)
    expect(place.missing()).toEqual([1, 2])
    expect(place.isNews(2)).toBe(true)
    expect(place.missing()).toEqual([1])
  })

  it('asks for numbers that were already missing when it began', () => {
    const place = cursor([7, 9, 10])
    expect(place.missing()).toContain(8)
    expect(place.missing()).not.toContain(9)
    expect(place.isNews(8)).toBe(true)
    expect(place.isNews(9)).toBe(false)
  })

  it('does not repeat what this process published itself', () => {
    const place = cursor([])
    expect(place.isOwnNews(2)).toBe(true)
    expect(place.isNews(2)).toBe(false)
    expect(place.isNews(1)).toBe(true)
  })

  it('does not repeat what a read heard before the publisher learned of its commit', () => {
    const place = cursor([])
    expect(place.isNews(2)).toBe(true)
    expect(place.isOwnNews(2)).toBe(false)
    expect(place.isOwnNews(1)).toBe(true)
    expect(place.isNews(1)).toBe(false)
  })

  it('gives up on a number whose transaction must be over', () => {
    const place = cursor([], -1)
    place.isNews(5)
    expect(place.missing()).toEqual([])
  })
})
