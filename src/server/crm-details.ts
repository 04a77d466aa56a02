import type { Crm } from '#crm'
import type { MemberId } from '#foundation'
import type { Actor } from '#identity'
import type { DetailsType } from '#oauth'

const type = 'tandem_crm'

/**
 * How the consent page narrows a grant to objects, without the authorization server knowing what an object is.
 * The objects offered are the ones the workspace has; what the person herself may not see stays closed by her role.
 */
export function crmDetails(crm: Crm): DetailsType {
  const system: Actor = { kind: 'system', name: 'consent' }
  const objects = async () =>
    (await crm.objects.list(system)).map(({ name, labelPlural }) => ({ name, labelPlural }))
  return {
    type,
    objects: (_member: MemberId) => objects(),
    async narrow(_member, asked) {
      if (asked.objects === undefined) return { type }
      if (asked.objects.length === 0) return 'Choose at least one kind of record, or don’t limit them'
      const known = new Set((await objects()).map(({ name }) => name))
      const unknown = asked.objects.find((name) => !known.has(name))
      if (unknown !== undefined) return 'One of the chosen kinds of records does not exist any more'
      return { type, objects: [...new Set(asked.objects)].toSorted() }
    },
  }
}
