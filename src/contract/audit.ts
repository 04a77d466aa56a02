/** One line of the record of what happened. */
export type AuditEntryView = {
  seq: number
  /** ISO time. */
  at: string
  event: string
  outcome: 'ok' | 'refused' | 'failed'
  actor: { kind: string; name?: string; id?: string; client?: string; clientName?: string; grant?: string }
  subject?: { kind: string; id: string; name?: string }
  ip?: string
  detail?: Record<string, string | number | boolean | null>
}

/** The signed head of the chain when it was last walked and held. `text` is to be kept elsewhere. */
export type CheckpointView = { seq: number; at: string; text: string }
export type ChainView = { entries: number; unchained: number; checkpoint: CheckpointView | null }
export type ChainCheckView = ChainView & {
  broken: { seq: number; why: string } | null
  /** What a checkpoint that somebody kept proves wrong. */
  disagrees: string | null
}
