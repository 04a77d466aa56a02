import type { Client } from '../clients/client.ts'
import type { Clients } from '../clients/clients.ts'
import type { RedirectUri } from '../clients/redirect-uri.ts'
import { OAuthError } from '../errors.ts'

/** The administrator's rules, asked again at each request: they may be stricter than when the client registered. */
export function checkPolicy(clients: Clients, client: Client, redirect: RedirectUri): void {
  const { outcome, why } = clients.decide(client, redirect)
  if (outcome === 'refuse') throw new OAuthError('unauthorized_client', why)
}
