import { expect, it } from 'vitest'
import type { TwentyObject } from '#gateway/twenty'
import { planImport } from './plan.ts'
import { newReport, objectReport } from './report.ts'

const custom = (singular: string): TwentyObject => ({
  id: singular,
  singular,
  plural: `${singular}s`,
  label: singular,
  labelPlural: `${singular}s`,
  description: null,
  isCustom: true,
  isSystem: false,
  isActive: true,
  fields: [],
})

it('custom objects get names of their own here, whatever they are called there', () => {
  const called = [
    'constructor',
    'demo',
    'internationalShippingContainerA',
    'internationalShippingContainerB',
    'aFairlyLongNameThatEndsRight_Here',
  ]
  const { definition, objects } = planImport({ objects: called.map(custom) }, () => null)
  const names = objects.map(({ object }) => object)
  expect(names.slice(0, 2)).toEqual(['constructor', 'twenty_demo'])
  expect(new Set(names).size).toBe(called.length)
  for (const name of names) expect(name).toMatch(/^(?=.{1,30}$)[a-z][a-z0-9]*(_[a-z0-9]+)*$/)
  expect(definition.objects?.map(({ name }) => name)).toEqual(names)
  const report = newReport('twenty', new Date(0))
  objectReport(report, 'constructor', 'constructor').read++
  expect(objectReport(report, 'constructor', 'constructor')).toMatchObject({ read: 1 })
})
