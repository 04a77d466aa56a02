import { expect } from 'vitest'
import { FieldProblem } from './field-type.ts'
import type { Field } from './field-type.ts'
import { typeOf } from './registry.ts'

/** Checks what a field makes of inputs: pairs of input and held value. */
export function accepts(field: Field, ...pairs: [input: unknown, held: unknown][]): void {
  for (const [input, held] of pairs) expect(typeOf(field).parse(field, input), String(input)).toEqual(held)
}

/** Checks that a field refuses each input with a sentence, and not with another error. */
export function refuses(field: Field, ...inputs: unknown[]): void {
  for (const input of inputs) {
    expect(() => typeOf(field).parse(field, input), JSON.stringify(input)?.slice(0, 80)).toThrow(FieldProblem)
  }
}
