import type { Audit, AuditEntry } from '#audit'
import type { Actor } from './actor.ts'

export type LoggedCall = {
  actor: Actor
  ip: string
  tool: string
  outcome: AuditEntry['outcome']
  /** Why it was refused or failed: a code. */
  code?: string
  object?: string
  /** Records read or changed. */
  count?: number
}

const gatherFor = 100
const maxGathered = 1000

/**
 * Tells the audit log of tool calls. Calls that are alike and follow each other within a tenth of a
 * second become one entry that says how many there were: an agent in a loop must not turn the record
 * of what happened into noise, nor the audit table into the bottleneck. Changes are recorded by the
 * CRM besides, in the transaction that makes them.
 */
export function createCallLog(audit: Audit): { add(call: LoggedCall): void; close(): void } {
  let gathered = new Map<string, { call: LoggedCall; calls: number; records: number }>()
  let timer: NodeJS.Timeout | undefined

  const flush = (): void => {
    clearTimeout(timer)
    timer = undefined
    const entries = gathered
    gathered = new Map()
    for (const { call, calls, records } of entries.values()) audit.note(entryOf(call, calls, records))
  }

  return {
    add(call) {
      const who = call.actor.kind === 'agent' ? call.actor.grant : call.actor.name
      const key = `${who} ${call.tool} ${call.outcome} ${call.code ?? ''} ${call.object ?? ''} ${call.ip}`
      const entry = gathered.get(key)
      if (entry) {
        entry.calls++
        entry.records += call.count ?? 0
        return
      }
      gathered.set(key, { call, calls: 1, records: call.count ?? 0 })
      if (gathered.size >= maxGathered) flush()
      else timer ??= setTimeout(flush, gatherFor)
    },
    close: flush,
  }
}

function entryOf(call: LoggedCall, calls: number, records: number): AuditEntry {
  return {
    event: 'tool.called',
    outcome: call.outcome,
    actor: auditActor(call.actor),
    subject: { kind: 'tool', id: call.tool },
    ip: call.ip,
    detail: {
      calls,
      ...(call.object === undefined ? {} : { object: call.object }),
      ...(call.count === undefined ? {} : { records }),
      ...(call.code === undefined ? {} : { code: call.code }),
    },
  }
}

/** The actor as the audit log names it. */
export function auditActor(actor: Actor): AuditEntry['actor'] {
  switch (actor.kind) {
    case 'agent':
      return {
        kind: 'agent',
        id: actor.member,
        name: actor.name,
        grant: actor.grant,
        client: actor.client,
        clientName: actor.clientName,
      }
    case 'member':
      return { kind: 'member', id: actor.member, name: actor.name }
    case 'system':
      return { kind: 'system', name: actor.name }
  }
}
