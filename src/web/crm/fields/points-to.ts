import type { FieldView } from '#contract'
import { fieldUi } from './registry.ts'

/** True when values of the field are records of the object. */
export function pointsTo(field: FieldView, object: string): boolean {
  return fieldUi(field).pointsTo?.(field).includes(object) ?? false
}
