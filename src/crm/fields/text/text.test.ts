import { describe, expect, it } from 'vitest'
import { fieldOf } from '../field.fixture.ts'
import { accepts, refuses } from '../refusals.fixture.ts'
import { text } from './text.ts'

describe('text', () => {
  const field = fieldOf('text', { settings: { maxLength: 5 } })

  it('is trimmed; blank is no value', () => {
    accepts(field, [' ab ', 'ab'], ['', null], ['   ', null], ['日本語', '日本語'], ['😀', '😀'])
  })

  it('is one line of text within its length', () => {
    refuses(field, 'abcdef', 'a\nb', 'a\tb', 'a\u0000', '\ud800', '\u001b[0m', 5, {}, [], true)
  })

  it('carries a fold that knows no case and no accents', () => {
    expect(text.store(field, 'Łö ß')).toEqual(['Łö ß', 'lo ss'])
    expect(text.store(fieldOf('text', { settings: { exact: true } }), 'Łö')).toEqual(['Łö'])
  })
})
