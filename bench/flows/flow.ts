import type { Visitor } from '../visitor.ts'
import type { Service } from './service.ts'

export type Registered = { clientId: string }
export type Tokens = { access: string; refresh: string }

/** Each step checks its answer and throws otherwise. */
export interface ServiceFlow {
  /** A confidential client and tokens that the visitor gave it. */
  equip(visitor: Visitor): Promise<Service>
  /** Before its access token ends. */
  renew(visitor: Visitor, service: Service): Promise<Service>
  introspect(visitor: Visitor, service: Service): Promise<void>
  clientCredentials(visitor: Visitor, service: Service): Promise<void>
  /** RFC 8693. Only Tandem has it. */
  exchange?(visitor: Visitor, service: Service): Promise<void>
  /** RFC 8628 §3.1 and a first poll. Not the person's part: how often codes may be typed is limited for all. */
  device(visitor: Visitor, service: Service): Promise<void>
}

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
  /** What a confidential client does. Absent: the system, or its peer here, has none of it. */
  service?: ServiceFlow
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
