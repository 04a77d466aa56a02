/** The authorization server. Knows resources and scopes, not what a CRM is. */
export type {
  ClientPolicyPreset,
  DetailsType,
  DocumentFetch,
  FetchedDocument,
  OAuthDependencies,
  Resource,
  SignedIn,
  SignIn,
} from './ports.ts'
export type { OAuth } from './oauth.ts'
export { OAuthError } from './errors.ts'
export type { OAuthErrorCode } from './errors.ts'
