import { OAuthError } from '../errors.ts'
import type { Params } from '../router/read-params.ts'

/** How the answer travels: a code, in the query. Nothing in fragments, no implicit grant (OAuth 2.1 §10, A49). */
export function checkResponse({ values }: Params): void {
  if (values['response_type'] === undefined)
    throw new OAuthError('invalid_request', 'response_type is missing')
  if (values['response_type'] !== 'code') {
    throw new OAuthError('unsupported_response_type', 'The only response_type here is code')
  }
  if (values['response_mode'] !== undefined && values['response_mode'] !== 'query') {
    throw new OAuthError('invalid_request', 'The only response_mode here is query')
  }
  // OIDC Core §6: a request object would override what was checked here.
  if (values['request'] !== undefined || values['request_uri'] !== undefined) {
    throw new OAuthError('invalid_request', 'Request objects (request, request_uri) are not accepted here')
  }
}
