import type { GrantId } from '#foundation'
import { narrowDetails } from '../details/authorization-details.ts'
import { OAuthError } from '../errors.ts'
import type { GrantTerms } from '../grants/grant.ts'
import { endedEntry } from '../grants/manage-grants.ts'
import type { Exchange, TokenRequest } from './grant-type.ts'

const gone = 'Its person was disabled.'
const nothingIssued = 'Nothing could be issued from it.'

/**
 * The first answer from a grant that a person's yes has just become. Where it can't be given the grant ends at once:
 * nobody holds anything of it, and people would see an app connected that isn't.
 */
export async function firstAnswer(
  { grants, people, detailsTypes, issue, clock }: Exchange,
  { params, binding, from }: TokenRequest,
  { grant, terms, refreshToken }: { grant: GrantId; terms: GrantTerms; refreshToken: string | undefined },
): Promise<string> {
  const end = (why: string) =>
    grants.end({ grant }, why, clock.now(), endedEntry({ kind: 'system' }, why, from.ip))
  // She may have been disabled since she said yes.
  if (!(await people.find({ member: terms.member }))) {
    await end(gone)
    throw new OAuthError('invalid_grant', 'The code is not valid for this client, or no longer. Start again')
  }
  try {
    const asked = params.values['authorization_details']
    const kept = narrowDetails(detailsTypes, terms.authorizationDetails, asked)
    const told = kept ? { ...terms, authorizationDetails: kept } : terms
    return JSON.stringify(await issue({ grant, terms: told, scopes: terms.scopes, refreshToken, binding }))
  } catch (error) {
    if (error instanceof OAuthError) await end(nothingIssued)
    throw error
  }
}
