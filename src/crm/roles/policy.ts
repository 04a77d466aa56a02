import type { MemberRole } from '#contract'

export type Verb = 'read' | 'create' | 'update' | 'delete'
export type ObjectRights = Readonly<Record<Verb, boolean>>
export type FieldRight = 'hidden' | 'read' | 'write'

/** What a role may do, as a value. What is not said falls back to `everything`, what has no role has nothing. */
export type RolePolicy = {
  everything: ObjectRights
  objects: Readonly<
    Record<string, { rights?: Partial<ObjectRights>; fields?: Readonly<Record<string, FieldRight>> }>
  >
}

export const allRights: ObjectRights = { read: true, create: true, update: true, delete: true }
export const noRights: ObjectRights = { read: false, create: false, update: false, delete: false }

export const rolePolicies: Readonly<Record<MemberRole, RolePolicy>> = {
  administrator: { everything: allRights, objects: {} },
  member: { everything: allRights, objects: {} },
}

/** Rights on one object. Deeds on what can't be read are not allowed either. */
export function rightsOn(policy: RolePolicy, object: string): ObjectRights {
  const own = Object.hasOwn(policy.objects, object) ? policy.objects[object]?.rights : undefined
  const rights = { ...policy.everything, ...own }
  return rights.read ? rights : noRights
}

export function fieldRight(policy: RolePolicy, object: string, field: string): FieldRight {
  const fields = Object.hasOwn(policy.objects, object) ? policy.objects[object]?.fields : undefined
  return fields && Object.hasOwn(fields, field) ? (fields[field] ?? 'hidden') : 'write'
}
