import type * as OAuth from 'oauth4webapi'

export type OAuthLibrary = () => Promise<typeof OAuth>

/** Loaded with the first connection, not at every start. */
export const loadLibrary: OAuthLibrary = () => import('oauth4webapi')
