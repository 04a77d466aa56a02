import type { AuditEntry } from '#audit'
import type { Clock } from '#foundation'
import type { OAuth, Who } from '../oauth.ts'
import type { Stop, Stops, StopStore } from './stops.ts'

/** The emergency stop: every agent, or one app's, at once and on every replica. Lifting it gives back what was there. */
export function createStopManager(deps: {
  store: StopStore
  stops: Stops
  clock: Clock
  endMany: OAuth['grants']['endMany']
}): OAuth['stops'] {
  const { store, clock, endMany } = deps
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
      const stopped = await store.put(stop, entryOf('stopped', client, by, { reason, end_grants: endGrants }))
      // After the stop: nothing new can be issued while what there is ends.
      const words = `An administrator stopped ${client === null ? 'all agents' : 'this app'}: ${reason}`
      const which = client === null ? { everything: true as const } : { client }
      return { stopped, ended: endGrants ? await endMany(which, by, words) : 0 }
    },
    lift: (client, by) => store.lift(client, entryOf('released', client, by, {})),
  }
}

function entryOf(
  deed: 'stopped' | 'released',
  client: string | null,
  by: Who,
  detail: NonNullable<AuditEntry['detail']>,
): AuditEntry {
  return {
    event: client === null ? `agents.${deed}` : `client.${deed}`,
    outcome: 'ok',
    actor: { kind: 'member', id: by.member, ...(by.name === undefined ? {} : { name: by.name }) },
    ...(client === null ? {} : { subject: { kind: 'client', id: client } }),
    ...(by.ip === undefined ? {} : { ip: by.ip }),
    detail,
  }
}
