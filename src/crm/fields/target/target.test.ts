import { describe, expect, it } from 'vitest'
import { newId } from '#foundation'
import { fieldOf } from '../field.fixture.ts'
import { accepts, refuses } from '../refusals.fixture.ts'
import { target } from './target.ts'

describe('target', () => {
  const field = fieldOf('target', { settings: { objects: ['company', 'person'] } })
  const id = newId('rec')

  it('is an object of its list and the id of a record', () => {
    accepts(field, [
      { object: 'person', id },
      { object: 'person', id },
    ])
    refuses(
      field,
      id,
      { object: 'task', id },
      { object: 'person' },
      { id },
      { object: 'person', id: newId('mem') },
      [],
    )
    refuses(field, { object: 'person', id, label: 'x' }, { object: 'toString', id })
  })

  it('is narrowed to what its reader reaches, and hidden when that is nothing', () => {
    expect(target.narrow?.(field, (object) => object === 'person')?.settings).toEqual({ objects: ['person'] })
    expect(target.narrow?.(field, () => false)).toBeNull()
    expect(target.narrow?.(field, () => true)).toBe(field)
  })
})
