import type { MemberId } from '#foundation'
import { OAuthError } from '../errors.ts'
import type { SigningKeys } from '../keys/signing-keys.ts'
import { readIdTokenHint } from '../openid/id-token.ts'
import type { SignedIn } from '../ports.ts'
import type { Params } from '../router/read-params.ts'

const longest = 1024

/** What OpenID Connect adds to the request (OIDC Core §3.1.2.1). Absent members weren't sent. */
export type OpenidAsked = { nonce?: string; subject?: MemberId }

/**
 * `nonce` comes back in the ID token as it was sent. `id_token_hint` names the person whom the app knows: nobody else
 * may answer. Throws login_required when somebody else is signed in.
 */
export async function checkOpenid(
  { keys, issuer }: { keys: SigningKeys; issuer: string },
  { values }: Params,
  person: SignedIn | null,
): Promise<OpenidAsked> {
  const { nonce, id_token_hint: hint } = values
  if (nonce !== undefined && Buffer.byteLength(nonce) > longest) {
    throw new OAuthError('invalid_request', `nonce may have ${longest} bytes at most`)
  }
  const known = hint === undefined ? undefined : await readIdTokenHint(keys, issuer, hint)
  if (hint !== undefined && !known) {
    throw new OAuthError('invalid_request', 'id_token_hint is not an ID token of this server')
  }
  if (known && person && person.member !== known.subject) {
    throw new OAuthError('login_required', 'Somebody else is signed in than the app asks for')
  }
  return { ...(nonce !== undefined && { nonce }), ...(known && { subject: known.subject }) }
}
