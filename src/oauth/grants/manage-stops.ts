import type { AuditEntry } from '#audit'
import type { Clock } from '#foundation'
import type { ClientStore } from '../clients/client.ts'
import type { OAuth, Who } from '../oauth.ts'
import type { Stop, Stops, StopStore } from './stops.ts'

/** The emergency stop: every agent, or one app's, at once and on every replica. Lifting it gives back what was there. */
export function createStopManager(deps: {
  store: StopStore
  stops: Stops
  clients: Pick<ClientStore, 'find'>
  clock: Clock
  endMany: OAuth['grants']['endMany']
}): OAuth['stops'] {
  const { store, clients, clock, endMany } = deps
  const subjectOf = async (client: string | null): Promise<AuditEntry['subject']> => {
    if (client === null) return undefined
    const name = (await clients.find(client))?.name
    return { kind: 'client', id: client, ...(name === undefined ? {} : { name }) }
  }
  return {
    async list() {
      return (await store.list()).map(({ client, reason, by, at }) => ({
        client,
        reason,
        by: by.name,
        at: at.toISOString(),
      }))
    },
    async stop({ client = null, reason, endGrants }, by) {
      const stop: Stop = {
        client,
        reason,
        by: { member: by.member, name: by.name ?? '' },
        at: clock.now(),
      }
      const subject = await subjectOf(client)
      const stopped = await store.put(
        stop,
        entryOf('stopped', subject, by, { reason, end_grants: endGrants }),
      )
      // After the stop: nothing new can be issued while what there is ends.
      const words = `An administrator stopped ${client === null ? 'all agents' : 'this app'}: ${reason}`
      const which = client === null ? { everything: true as const } : { client }
      return { stopped, ended: endGrants ? await endMany(which, by, words) : 0 }
    },
    lift: async (client, by) => store.lift(client, entryOf('released', await subjectOf(client), by, {})),
  }
}

function entryOf(
  deed: 'stopped' | 'released',
  subject: AuditEntry['subject'],
  by: Who,
  detail: NonNullable<AuditEntry['detail']>,
): AuditEntry {
  return {
    event: subject ? `client.${deed}` : `agents.${deed}`,
    outcome: 'ok',
    actor: { kind: 'member', id: by.member, ...(by.name === undefined ? {} : { name: by.name }) },
    ...(subject ? { subject } : {}),
    ...(by.ip === undefined ? {} : { ip: by.ip }),
    detail,
  }
}
