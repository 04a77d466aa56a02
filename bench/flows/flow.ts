import type { Visitor } from '../visitor.ts'

export type Registered = { clientId: string }
export type Tokens = { access: string; refresh: string }

/** What each system does for the same five wishes of a client. Every step checks its answer and throws otherwise. */
export interface Flow {
  /** Signs the visitor's browser in, once; what the code flow then begins with. */
  signIn(visitor: Visitor): Promise<void>
  discover(visitor: Visitor): Promise<void>
  register(visitor: Visitor): Promise<Registered>
  /** Authorize with PKCE, decide on consent, exchange the code. */
  authorize(visitor: Visitor, client: Registered): Promise<Tokens>
  refresh(visitor: Visitor, client: Registered, token: string): Promise<Tokens>
  /** One call that needs the access token: userinfo, or the tool `whoami`. */
  call(visitor: Visitor, token: string): Promise<void>
  /** The tool `query` over 100,000 records; `turn` varies the question. Only Tandem has it. */
  query?(visitor: Visitor, token: string, turn: number): Promise<void>
}

export const redirectUri = 'https://notebook.example/callback'

/** RFC 7591 metadata that all the systems accept. */
export const registration = {
  client_name: 'Notebook',
  redirect_uris: [redirectUri],
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
}
