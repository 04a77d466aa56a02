/** The authorization server. Knows resources and scopes, not what a CRM is. */
export { createOAuth } from './create-oauth.ts'
export { openOAuthStore } from './store/open-store.ts'
export type { OAuthStore } from './store/open-store.ts'
export { oauthMigrations } from './store/migrations.ts'
export type {
  AuthorizationDetail,
  AuthorizationDetailsType,
  ClientPolicyPreset,
  DetailsType,
  DocumentFetch,
  FetchedDocument,
  OAuthDependencies,
  Resource,
  SignedIn,
  SignIn,
} from './ports.ts'
export { approvalsChanged } from './clients/approvals/approval-store.ts'
export type { OAuth } from './oauth.ts'
export { AccessWithheld } from './grants/grant-life.ts'
export type { CreatedClient } from './clients/manual-client.ts'
export { OAuthError } from './errors.ts'
export type { OAuthErrorCode } from './errors.ts'
