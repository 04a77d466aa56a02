import { coversScope } from '#contract'
import type { CrmScope } from '#contract'
import type { Actor } from '#identity'
import { CrmError } from '../errors.ts'
import type { Field, Reach } from '../fields/field-type.ts'
import { typeOf } from '../fields/registry.ts'
import { tableOf } from '../objects/record-object.ts'
import type { Metadata, RecordObject } from '../objects/record-object.ts'
import { parseReach } from './limits.ts'
import { allRights, fieldRight, rightsOn, rolePolicies } from './policy.ts'
import type { ObjectRights, RolePolicy, Verb } from './policy.ts'

/** An object as one actor sees it: hidden fields are gone, references are narrowed to what it reaches. */
export type ReachableObject = RecordObject & { rights: ObjectRights; writable: ReadonlySet<string> }

/** Everything one actor may do, compiled once: its role ∩ its grant's scopes ∩ its grant's limits. */
export type Access = {
  objects: ReadonlyMap<string, ReachableObject>
  reach: Reach
  /** Scopes of a grant; null for those who act in their own right. */
  scopes: readonly string[] | null
}

const scopeOf: Record<Verb, CrmScope> = {
  read: 'crm:read',
  create: 'crm:write',
  update: 'crm:write',
  delete: 'crm:delete',
}

/** Throws `forbidden` naming every scope the verbs need, when the grant has not all of them. */
export function requireScopes(access: Access, verbs: Iterable<Verb>): void {
  const { scopes } = access
  if (scopes === null) return
  const needed = [...new Set([...verbs].map((verb) => scopeOf[verb]))]
  const missing = needed.filter((scope) => !coversScope(scopes, scope))
  if (missing.length > 0) {
    throw new CrmError('forbidden', `This needs the scope ${missing.join(' and ')}, which was not granted`, {
      scopes: needed,
    })
  }
}

/** The object, or `not_found`: what an actor may not reach looks like what isn't there. */
export function reachable(access: Access, name: string): ReachableObject {
  const object = access.objects.get(name)
  if (!object) {
    const known = [...access.objects.keys()].join(', ')
    throw new CrmError(
      'not_found',
      `There is no such object. ${known ? `Objects: ${known}` : 'None is open to you'}`,
    )
  }
  return object
}

export function requireRight(object: ReachableObject, verb: Verb): void {
  if (!object.rights[verb]) {
    throw new CrmError('forbidden', `Your role may not ${verb} ${object.labelPlural.toLowerCase()}`)
  }
}

/** Compiles what an actor may do. Kept per metadata revision, role, scopes and limits. */
export function createAccess(): (actor: Actor, metadata: Metadata) => Access {
  const known = new Map<string, Access>()
  let revision = 0
  return (actor, metadata) => {
    if (metadata.revision !== revision) {
      known.clear()
      revision = metadata.revision
    }
    const rights = rightsOf(actor)
    const key = JSON.stringify([rights.role, rights.scopes, rights.objects])
    const found = known.get(key)
    if (found) return found
    const access = compile(rights, metadata)
    // Grants come and go; the few in use are compiled again in microseconds.
    if (known.size >= 500) known.clear()
    known.set(key, access)
    return access
  }
}

type Rights = {
  role: string
  policy: RolePolicy | null
  scopes: readonly string[] | null
  objects: readonly string[] | null
}

function rightsOf(actor: Actor): Rights {
  switch (actor.kind) {
    case 'system':
      return { role: 'system', policy: { everything: allRights, objects: {} }, scopes: null, objects: null }
    case 'member':
      return { role: actor.role, policy: policyOf(actor.role), scopes: null, objects: null }
    case 'agent':
      return {
        role: actor.role,
        policy: policyOf(actor.role),
        scopes: [...actor.scopes].sort(),
        objects: parseReach(actor.limits),
      }
    default:
      // An actor of a kind this version doesn't know may do nothing.
      return { role: '', policy: null, scopes: [], objects: [] }
  }
}

function policyOf(role: string): RolePolicy | null {
  return role === 'administrator' || role === 'member' ? rolePolicies[role] : null
}

function compile({ policy, scopes, objects }: Rights, metadata: Metadata): Access {
  if (!policy) return { objects: new Map(), reach: { tableOf: () => null }, scopes }
  const within = [...metadata.objects.values()].filter(
    ({ name }) => rightsOn(policy, name).read && (objects === null || objects.includes(name)),
  )
  const names = new Set(within.map(({ name }) => name))
  const seen = within.map((object) => seenBy(policy, object, names))
  return {
    objects: new Map(seen.map((object) => [object.name, object])),
    reach: { tableOf: (name) => (names.has(name) ? tableOf({ name }) : null) },
    scopes,
  }
}

function seenBy(policy: RolePolicy, object: RecordObject, names: ReadonlySet<string>): ReachableObject {
  const right = (field: Field) => fieldRight(policy, object.name, field.name)
  const fields = [...object.fields.values()].flatMap((field) => {
    const narrowed = right(field) === 'hidden' ? null : narrow(field, names)
    return narrowed ? [narrowed] : []
  })
  const writable = fields.filter((field) => !field.system && right(field) === 'write')
  return {
    ...object,
    fields: new Map(fields.map((field) => [field.name, field])),
    rights: rightsOn(policy, object.name),
    writable: new Set(writable.map(({ name }) => name)),
  }
}

function narrow(field: Field, names: ReadonlySet<string>): Field | null {
  const { narrow } = typeOf(field)
  return narrow ? narrow(field, (object) => names.has(object)) : field
}
