import type { AuditEntry } from '#audit'
import type { Clock } from '#foundation'
import { fingerprintOf } from './tool-definition.ts'
import { accepted } from './tool-pins.ts'
import { UpstreamError } from './upstream-error.ts'
import type { UpstreamManager } from './upstream-manager.ts'
import type { UpstreamStore } from './upstream-store.ts'
import type { Upstream } from './upstream.ts'

type Decisions = Parameters<UpstreamManager['decide']>[1]
type ToolSettings = Parameters<UpstreamManager['setTool']>[1]
/** The entry of an event with its detail, about this upstream, by who does it. */
type EntryOf = (event: string, detail: AuditEntry['detail']) => AuditEntry

/** What administrators decide about tools. Each resolves to false when the upstream is gone. */
export function createToolManager({ store, clock }: { store: UpstreamStore; clock: Clock }) {
  return {
    decide(upstream: Upstream, decisions: Decisions, entryOf: EntryOf): Promise<boolean> {
      return store.changePins(upstream.id, clock.now(), (pins) => {
        const known = new Map(pins.map((pin) => [pin.name, pin]))
        const next = decisions.flatMap(({ name, decision, fingerprint }) => {
          const pin = known.get(name)
          // Another administrator accepted the very same.
          if (pin?.definition && decision === 'accept' && fingerprintOf(pin.definition) === fingerprint)
            return []
          // Accepting is of what was looked at: an upstream must not put something else in its place meanwhile.
          if (!pin?.pending || fingerprintOf(pin.pending) !== fingerprint)
            throw new UpstreamError('conflict', `${name} is not what it was when you looked. Look again`)
          return [decision === 'accept' ? accepted(pin) : { ...pin, declined: true }]
        })
        const count = (wanted: string) => decisions.filter(({ decision }) => decision === wanted).length
        const names = decisions.map(({ name }) => name).join(' ')
        const detail = { accepted: count('accept'), declined: count('decline'), tools: names.slice(0, 1000) }
        return { pins: next, entry: next.length > 0 ? entryOf('upstream.tools_decided', detail) : null }
      })
    },
    set(upstream: Upstream, { name, allowed, access }: ToolSettings, entryOf: EntryOf): Promise<boolean> {
      return store.changePins(upstream.id, clock.now(), (pins) => {
        const pin = pins.find((one) => one.name === name)
        if (!pin) throw new UpstreamError('not_found', `${upstream.title} has no tool ${name}`)
        if (allowed && pin.definition === null)
          throw new UpstreamError('conflict', `${name} has to be accepted before agents can use it`)
        const next = { ...pin, allowed: allowed ?? pin.allowed, access: access ?? pin.access }
        const detail = { tool: name, allowed: next.allowed, access: next.access }
        return { pins: [next], entry: entryOf('upstream.tool_changed', detail) }
      })
    },
  }
}
