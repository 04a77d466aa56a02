import { z } from 'zod'
import { fieldKinds } from '#contract'

const apiName = (longest: number) =>
  z
    .string()
    .max(longest)
    .regex(/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/, 'is lower-case letters, digits and single underscores')
const label = z.string().trim().min(1).max(100)

/** A new field. `settings` are checked by its kind. */
export const newField = z.strictObject({
  name: apiName(40),
  label,
  description: z.string().max(500).nullable().default(null),
  kind: z.enum(fieldKinds).exclude(['actor']),
  settings: z.record(z.string(), z.unknown()).default({}),
  unique: z.boolean().default(false),
  required: z.boolean().default(false),
})

/** A new object; its first field names its records. */
const newObject = z.strictObject({
  name: apiName(30),
  label,
  labelPlural: label,
  icon: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/)
    .default('box'),
  fields: z.array(newField).min(1).max(200),
})

/** What to add: objects with their fields, fields for objects that are there, targets for fields that point at several. */
export const schemaDefinition = z.strictObject({
  objects: z.array(newObject).max(50).default([]),
  fields: z
    .array(newField.extend({ object: z.string().min(1).max(64) }))
    .max(500)
    .default([]),
  /** Objects that a target field (what a task or note is about) may point to from now on. */
  targets: z
    .array(
      z.strictObject({ object: z.string(), field: z.string(), add: z.array(z.string()).min(1).max(100) }),
    )
    .max(20)
    .default([]),
  /** Choices that a select field has from now on beside its own. */
  options: z
    .array(
      z.strictObject({
        object: z.string(),
        field: z.string(),
        add: z
          .array(
            z.strictObject({
              value: z.string().regex(/^[a-z0-9_]{1,64}$/),
              label,
              color: z.string().min(1).max(32),
            }),
          )
          .min(1)
          .max(200),
      }),
    )
    .max(100)
    .default([]),
})
export type SchemaDefinition = z.input<typeof schemaDefinition>
export type NewField = z.output<typeof newField>
