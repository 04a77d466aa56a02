import { describe, it } from 'vitest'
import { fieldOf } from '../field.fixture.ts'
import { accepts, refuses } from '../refusals.fixture.ts'

describe('e-mails', () => {
  const field = fieldOf('emails')

  it('are a list in lower case without repetitions, the first being the primary one', () => {
    accepts(
      field,
      [
        ['B@x.example', 'a@x.example', 'b@X.example'],
        ['b@x.example', 'a@x.example'],
      ],
      [[], null],
    )
  })

  it('are addresses, twenty at most', () => {
    refuses(
      field,
      'a@x.example',
      ['not one'],
      [''],
      ['a@b'],
      ['a b@x.example'],
      ['a@x.example\nbcc: b@x.example'],
      [1],
    )
    refuses(
      field,
      [`${'a'.repeat(250)}@x.example`],
      Array.from({ length: 21 }, (_, i) => `a${i}@x.example`),
      { 0: 'a@x.example' },
    )
  })
})
