import type { ActorView } from '#contract'
import type { Actor } from '#identity'

/** The actor as timelines show it. */
export function actorView(actor: Actor): ActorView {
  switch (actor.kind) {
    case 'member':
      return { kind: 'member', member: actor.member, name: actor.name }
    case 'agent':
      return {
        kind: 'agent',
        member: actor.member,
        name: actor.name,
        client: actor.client,
        clientName: actor.clientName,
        grant: actor.grant,
      }
    case 'system':
      return { kind: 'system', name: actor.name }
  }
}

/** Whose idempotency keys these are: a person's own, or one grant's. */
export function actorKey(actor: Actor): string {
  switch (actor.kind) {
    case 'member':
      return `member:${actor.member}`
    case 'agent':
      return `grant:${actor.grant}`
    case 'system':
      return `system:${actor.name}`
  }
}
