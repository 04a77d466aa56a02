import { Client } from 'pg'
import type { ClientConfig } from 'pg'
import type { Log } from '#foundation'
import type { Line } from '../dialect.ts'
import type { LocalEvents } from '../local-events.ts'
import { countIn, insertEvent, readOutboxRows } from '../outbox.ts'
import type { Outbox } from '../outbox.ts'
import type { Transactions } from '../transaction.ts'
import { OutboxCursor } from './outbox-cursor.ts'

const channel = 'tandem_outbox'
const pollMs = 400
const pageSize = 500
const patience = 5 * 60_000

type Options = {
  connect: () => Promise<Line>
  client: ClientConfig
  events: LocalEvents
  transactions: Transactions
  log: Log
}

/**
 * Every process reads the table, woken by NOTIFY and at least every 400 ms. The hint is sent apart
 * from the transaction: a NOTIFY inside would make commits wait for each other (PostgreSQL takes one
 * lock for all that notify), and a lost hint costs no more than a poll.
 */
export class ServerOutbox implements Outbox {
  readonly #options: Options
  readonly #cursor: OutboxCursor
  readonly #poll: NodeJS.Timeout
  #listener: Client | undefined
  #closed = false
  #reading: Promise<void> | undefined
  #again = false
  #hint: NodeJS.Timeout | undefined
  #failing = false
  #retry: NodeJS.Timeout | undefined

  private constructor(options: Options, cursor: OutboxCursor) {
    this.#options = options
    this.#cursor = cursor
    this.#poll = setInterval(() => this.#read(), pollMs).unref()
  }

  static async open(options: Options): Promise<ServerOutbox> {
    const line = await options.connect()
    try {
      const { rows } = await line.run('select id, topic, payload from outbox order by id desc limit 1000', [])
      const present = readOutboxRows(rows).map(({ id }) => id)
      const cursor = new OutboxCursor({ highest: present[0] ?? 0, present, patience })
      const outbox = new ServerOutbox(options, cursor)
      await outbox.#listen()
      return outbox
    } finally {
      line.release()
    }
  }

  async publish(
    on: Parameters<Outbox['publish']>[0],
    event: Parameters<Outbox['publish']>[1],
  ): Promise<void> {
    const id = await insertEvent(on, event)
    this.#options.transactions.onceCommitted(on, () => {
      if (this.#cursor.isOwnNews(id)) this.#options.events.deliver(event)
    })
  }

  written(): void {
    this.#hint ??= setTimeout(() => {
      this.#hint = undefined
      this.#read()
      void this.#run(`select pg_notify('${channel}', '')`).catch(() => {})
    }, 1)
  }

  async waiting(): Promise<number> {
    return countIn(
      await this.#run('select count(*)::int as count from outbox where id > $1', [this.#cursor.highest]),
    )
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#poll)
    clearTimeout(this.#hint)
    clearTimeout(this.#retry)
    await this.#reading
    await this.#listener?.end().catch(() => {})
  }

  #read(): void {
    if (this.#closed) return
    if (this.#reading) {
      this.#again = true
      return
    }
    this.#again = false
    this.#reading = this.#readNew()
      .then(() => void (this.#failing = false))
      .catch((err: unknown) => {
        if (!this.#failing && !this.#closed) {
          this.#options.log.warn({ err }, 'reading the outbox failed')
          this.#options.events.gap()
        }
        this.#failing = true
        this.#again = false
      })
      .finally(() => {
        this.#reading = undefined
        if (this.#again) this.#read()
      })
  }

  async #readNew(): Promise<void> {
    for (let more = true; more;) {
      const rows = readOutboxRows(
        await this.#run(
          `select id, topic, payload from outbox where id > $1 or id = any($2::bigint[]) order by id limit ${pageSize}`,
          [this.#cursor.highest, this.#cursor.missing()],
        ),
      )
      for (const { id, ...event } of rows) if (this.#cursor.isNews(id)) this.#options.events.deliver(event)
      more = rows.length === pageSize
    }
  }

  async #run(sql: string, parameters: unknown[] = []): Promise<unknown[]> {
    const line = await this.#options.connect()
    try {
      return (await line.run(sql, parameters)).rows
    } finally {
      line.release()
    }
  }

  async #listen(): Promise<void> {
    const client = new Client(this.#options.client)
    client.on('notification', () => this.#read())
    client.on('error', () => {})
    client.on('end', () => this.#lost(client))
    this.#listener = client
    try {
      await client.connect()
      await client.query(`listen ${channel}`)
      this.#read()
    } catch {
      // Polling goes on beneath; an engine or a pooler without LISTEN is served by it alone.
      await client.end().catch(() => {})
      this.#lost(client)
    }
  }

  #lost(client: Client): void {
    if (this.#closed || this.#listener !== client) return
    this.#listener = undefined
    this.#options.log.warn({}, 'the connection that carries events broke')
    this.#options.events.gap()
    this.#retry = setTimeout(() => void this.#listen(), 1000).unref()
  }
}
