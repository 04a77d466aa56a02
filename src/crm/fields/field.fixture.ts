import type { FieldKind } from '#contract'
import type { Field } from './field-type.ts'
import { fieldTypes } from './registry.ts'

/** A field of a kind, for its type's tests. */
export function fieldOf(kind: FieldKind, more: Partial<Field> = {}): Field {
  return {
    id: `fld_test_${kind}`,
    object: 'test',
    name: `a_${kind}`,
    label: kind,
    description: null,
    kind,
    required: false,
    unique: false,
    readOnly: 'no',
    defaultValue: null,
    pattern: null,
    standard: false,
    system: false,
    column: `c_${kind}`,
    ...more,
    settings: fieldTypes[kind].settings.parse(more.settings ?? {}),
  }
}
