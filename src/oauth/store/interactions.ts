import type { Id } from '#foundation'
import { sql } from '#storage'
import type { Storage } from '#storage'
import type { AuthorizationRequest, Interaction, InteractionStore } from '../interaction/interaction.ts'

type Row = {
  id: Id<'itx'>
  browser_hash: string
  client_id: string
  request: AuthorizationRequest
  signed_in_after: Date | null
  expires_at: Date
}
const mostKept = 2000

/** Interactions never change while they live, so those begun here are answered from memory; only the database decides. */
export function createInteractionTable(storage: Storage): InteractionStore {
  const db = storage.db<never>()
  const kept = new Map<string, Interaction>()
  const keep = (interaction: Interaction) => {
    const [oldest] = kept.keys()
    if (kept.size >= mostKept && oldest !== undefined) kept.delete(oldest)
    kept.set(interaction.id, interaction)
  }
  return {
    async beginInteraction(interaction) {
      const { id, browserHash, clientId, request, signedInAfter, expiresAt } = interaction
      await sql`insert into interaction (id, browser_hash, client_id, request, signed_in_after, expires_at)
        values (${id}, ${browserHash}, ${clientId}, cast(${JSON.stringify(request)} as jsonb), ${signedInAfter},
          ${expiresAt})`.execute(db)
      keep(interaction)
    },
    async findInteraction(id) {
      const known = kept.get(id)
      if (known) return known
      const { rows } = await sql<Row>`select id, browser_hash, client_id, request, signed_in_after, expires_at
        from interaction where id = ${id}`.execute(db)
      const [row] = rows
      return (
        row && {
          id: row.id,
          browserHash: row.browser_hash,
          clientId: row.client_id,
          request: row.request,
          signedInAfter: row.signed_in_after,
          expiresAt: row.expires_at,
        }
      )
    },
    forget: (id) => void kept.delete(id),
  }
}
