import { expect } from 'vitest'
import { auditMigrations } from '#audit'
import { oauthMigrations } from '#oauth'
import type { Storage } from '#storage'
import { testClock } from '../support/clock.ts'
import { basic, composeTestOAuth, ledgerRedirect, notebookRedirect } from '../support/oauth.ts'
import { openTestStorage } from '../support/storage.ts'

export type ClientName = 'notebook' | 'ledger' | 'mallory'
export type PersonName = 'ada' | 'grace'
export const redirects: Record<ClientName, string> = {
  notebook: notebookRedirect,
  ledger: ledgerRedirect,
  mallory: 'https://mallory.example/callback',
}

/** An authorization server on a real database, and the ways in which a client talks to it. */
export type World = Awaited<ReturnType<typeof openWorld>>

export async function openWorld(driver: Storage['driver']) {
  const clock = testClock()
  const storage = await openTestStorage([...auditMigrations, ...oauthMigrations], { clock, driver })
  const t = await composeTestOAuth(storage, clock)
  return {
    ...t,
    clock,
    /** Posts as that client does: Notebook is public, the others have secrets. */
    async as(client: ClientName, path: string, form: Record<string, string>) {
      const known = t.clients[client]
      const response = known.clientSecret
        ? await t.post(path, form, basic(known))
        : await t.post(path, { ...form, client_id: known.clientId })
      expect(response.status, `${path} fell over`).toBeLessThan(500)
      const text = await response.text()
      return {
        status: response.status,
        body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>,
      }
    },
  }
}

export const parts = (scope: unknown): string[] => String(scope).split(' ').filter(Boolean)
