/** Something that happened, told to every replica at least once. Payloads are small and hold ids, never secrets. */
export type DomainEvent = { topic: string; payload: Record<string, string> }

/** How modules hear of each other without importing each other. Storage's outbox implements it. */
export interface Events {
  /** Calls back for each event of the topic, in this process, whichever replica published it. Returns the way out. */
  subscribe(topic: string, listener: (payload: Record<string, string>) => void): () => void
  /** Calls back when the connection that carries events broke: whatever was cached may be stale. */
  onGap(listener: () => void): () => void
}
