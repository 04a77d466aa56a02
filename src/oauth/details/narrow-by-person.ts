import type { ConsentDecision, ConsentView } from '#contract'
import type { MemberId } from '#foundation'
import { OAuthError } from '../errors.ts'
import type { AuthorizationDetail } from '../ports.ts'
import { typeOf } from './authorization-details.ts'
import type { DetailsTypes } from './authorization-details.ts'

/** What was asked for in detail, in its type's words, for the consent page. */
export async function showDetails(
  types: DetailsTypes,
  asked: readonly AuthorizationDetail[] = [],
  member: MemberId,
): Promise<ConsentView['details']> {
  return Promise.all(asked.map(async (detail) => known(types, detail).show(detail, member)))
}

/** What she keeps of each: parts of what was asked, in the same order. Absent means all. Throws for anything else. */
export async function keepDetails(
  types: DetailsTypes,
  asked: readonly AuthorizationDetail[] | undefined,
  chosen: ConsentDecision['details'],
  member: MemberId,
): Promise<readonly AuthorizationDetail[] | undefined> {
  if (!asked || !chosen) return asked
  if (chosen.length !== asked.length) throw notAsked()
  const kept = await Promise.all(
    asked.map(async (detail, index) => {
      const type = known(types, detail)
      const parts = chosen[index] ?? []
      const offered = (await type.show(detail, member)).parts.map(({ id }) => id)
      if (!parts.every((part) => offered.includes(part))) throw notAsked()
      return parts.length === 0 ? [] : [type.keep(detail, parts)]
    }),
  )
  return kept.flat()
}

function known(types: DetailsTypes, detail: AuthorizationDetail) {
  const type = typeOf(types, detail)
  if (!type) throw new OAuthError('not_found', 'What the app asked for is no longer known here. Start again.')
  return type
}

function notAsked(): OAuthError {
  return new OAuthError('invalid_authorization_details', 'Only what the app asked for can be allowed')
}
