import { version } from '#foundation'
import type { Parts } from '../compose.ts'

const states = ['active', 'provisional', 'paused'] as const

/** How a running install is, for the person who runs it. */
export async function statusOf(parts: Parts) {
  const { oauth, identity, audit, storage, vault } = parts
  const grants = await Promise.all(
    states.map(async (state) => [state, (await oauth.grants.search({ state, limit: 1 })).total] as const),
  )
  const [backup] = await audit.search({ event: 'backup.made' }, { limit: 1 })
  const { entries, unchained } = await audit.status()
  const signing = (await oauth.keys.list()).find(({ state }) => state === 'current')
  const { versions } = await vault.status()
  return {
    version,
    database: storage.driver,
    ...(await identity.counts()),
    grants: Object.fromEntries(grants),
    waiting: (await oauth.approvals.list()).length,
    upstreams: parts.upstreams(),
    audit: { entries, unchained },
    claimed: !(await identity.setup.needed()),
    lastBackup: backup?.at ?? null,
    signingSince: signing?.signsSince ?? null,
    credentials: {
      sealed: versions.reduce((sum, { credentials }) => sum + credentials, 0),
      broken: versions.reduce((sum, { broken }) => sum + broken, 0),
      /** Sealed with a key that isn't here: nobody can use them. */
      unreadable: versions.reduce((sum, { known, credentials }) => sum + (known ? 0 : credentials), 0),
    },
  }
}
export type InstallStatus = Awaited<ReturnType<typeof statusOf>>
