import { describe, it } from 'vitest'
import { fieldOf } from '../field.fixture.ts'
import { accepts, refuses } from '../refusals.fixture.ts'

describe('date and time', () => {
  const field = fieldOf('date_time')

  it('is an instant, in UTC to the millisecond', () => {
    accepts(field, ['2026-03-31T09:30:00Z', '2026-03-31T09:30:00.000Z'])
    accepts(
      field,
      ['2026-03-31T01:30:00.123+02:00', '2026-03-30T23:30:00.123Z'],
      ['2026-03-31T09:30Z', '2026-03-31T09:30:00.000Z'],
    )
  })

  it('is refused without an offset, outside the calendar, or outside four-digit years', () => {
    refuses(field, '2026-03-31T09:30:00', '2026-03-31', '2026-02-30T00:00:00Z', '2026-03-31T25:00:00Z', 0, '')
    refuses(field, '0001-01-01T00:00:00+01:00', '9999-12-31T23:59:59-01:00', '2026-03-31T09:30:00.1234Z')
  })
})
