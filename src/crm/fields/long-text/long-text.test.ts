import { describe, it } from 'vitest'
import { fieldOf } from '../field.fixture.ts'
import { accepts, refuses } from '../refusals.fixture.ts'

describe('long text', () => {
  it('keeps its lines and tabs, and nothing else below a space', () => {
    const field = fieldOf('long_text')
    accepts(field, ['a\n\tb\r\n', 'a\n\tb'], ['<b>as typed</b>', '<b>as typed</b>'], [' ', null])
    refuses(field, 'a\u0000b', 'a\u0007b', '\udc00', 'x'.repeat(50_001), 1)
  })
})
