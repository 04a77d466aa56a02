import { expect, it } from 'vitest'
import type { TwentyField } from '../workspace.ts'
import { settable } from './field-schema.ts'

const field: TwentyField = {
  id: 'fld',
  name: 'site',
  label: 'Site',
  type: 'LINKS',
  description: null,
  isCustom: true,
  isSystem: false,
  isActive: true,
  isNullable: true,
  options: [],
  defaultValue: null,
  column: null,
  relation: null,
}

it('C7 a link of a custom object is one to a web page too', () => {
  const { site } = settable([field])
  const takes = (primaryLinkUrl: string) => site?.safeParse({ primaryLinkUrl }).success
  expect(['', 'acme.example', 'https://acme.example/x'].map(takes)).toEqual([true, true, true])
  expect(['javascript:alert(1)', 'data:text/html,x'].map(takes)).toEqual([false, false])
})
