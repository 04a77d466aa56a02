import type { AuditEntry } from '#audit'
import type { Clock } from '#foundation'
import type { ClientStore } from '../clients/client.ts'
import { OAuthError } from '../errors.ts'
import type { OAuth, Who } from '../oauth.ts'
import type { Resource } from '../ports.ts'
import type { SlotStore } from './slots.ts'

const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange'

/** What administrators decide about clients that get tokens with no person in front of them. */
export function createUnattendedManager(deps: {
  slots: SlotStore
  clients: Pick<ClientStore, 'find'>
  resources: () => readonly Resource[]
  clock: Clock
}): OAuth['unattended'] {
  const { slots, clients, resources, clock } = deps
  return {
    async view(clientId) {
      const client = await clients.find(clientId)
      if (!client) return null
      const closed = await slots.closedSince(clientId, clock.now())
      const exchanges = client.grantTypes.includes(exchange)
      return {
        closedSince: closed?.toISOString() ?? null,
        exchangeable: exchanges ? await slots.exchangeableBy(clientId) : null,
        resources: resources().map(({ id, name }) => ({ id, name })),
      }
    },
    open: (clientId, by) =>
      slots.open(clientId, clock.now(), entryOf('client.allowed_again', clientId, by, {})),
    async setExchangeable(clientId, wanted, by) {
      const client = await clients.find(clientId)
      if (!client?.grantTypes.includes(exchange)) return false
      const unknown = wanted.find((one) => !resources().some(({ id }) => id === one))
      if (unknown !== undefined) throw new OAuthError('invalid_target', `There is no resource ${unknown}`)
      const entry = entryOf('client.exchange_set', clientId, by, { resources: wanted.join(' ') })
      await slots.setExchangeable(clientId, wanted, { member: by.member, at: clock.now() }, entry)
      return true
    },
  }
}

function entryOf(
  event: string,
  client: string,
  by: Who,
  detail: NonNullable<AuditEntry['detail']>,
): AuditEntry {
  return {
    event,
    outcome: 'ok',
    actor: { kind: 'member', id: by.member, ...(by.name === undefined ? {} : { name: by.name }) },
    subject: { kind: 'client', id: client },
    ...(by.ip === undefined ? {} : { ip: by.ip }),
    detail,
  }
}
