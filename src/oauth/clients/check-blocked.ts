import { OAuthError } from '../errors.ts'
import type { Client } from './client.ts'

/** Nothing is issued or told to a client that an administrator blocked, however well it authenticates. */
export function checkBlocked({ blocked }: Pick<Client, 'blocked'>): void {
  if (blocked) throw new OAuthError('unauthorized_client', 'An administrator blocked this app')
}
