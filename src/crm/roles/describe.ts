import { coversScope } from '#contract'
import type { FieldView, ObjectView } from '#contract'
import type { Field } from '../fields/field-type.ts'
import { typeOf } from '../fields/registry.ts'
import type { Access, ReachableObject } from './access.ts'

/** An object as its reader may know it, with what the reader may do. */
export function describeObject(access: Access, object: ReachableObject): ObjectView {
  const granted = (scope: string) => access.scopes === null || coversScope(access.scopes, scope)
  const { rights } = object
  return {
    id: object.id,
    name: object.name,
    label: object.label,
    labelPlural: object.labelPlural,
    icon: object.icon,
    standard: object.standard,
    labelField: object.labelField,
    fields: [...object.fields.values()].map((field) => describeField(object, field)),
    can: {
      read: rights.read && granted('crm:read'),
      create: rights.create && granted('crm:write'),
      update: rights.update && granted('crm:write'),
      delete: rights.delete && granted('crm:delete'),
    },
  }
}

function describeField(object: ReachableObject, field: Field): FieldView {
  const type = typeOf(field)
  return {
    id: field.id,
    name: field.name,
    label: field.label,
    description: field.description,
    kind: field.kind,
    settings: settingsView(field.settings),
    required: field.required,
    unique: field.unique,
    readOnly: field.readOnly === 'always' || !object.writable.has(field.name),
    standard: field.standard,
    system: field.system,
    operators: Object.keys(type.filters),
    sortable: type.sort !== null,
    schema: type.jsonSchema(field),
  }
}

function settingsView(settings: unknown): Record<string, unknown> {
  return typeof settings === 'object' && settings !== null ? { ...settings } : {}
}
