import type { Kysely } from '#storage'
import { sql } from '#storage'
import type { Checkpoint } from './audit.ts'
import type { Chain } from './chain.ts'
import { readForward, readHead } from './store.ts'

const shape = /^tandem-audit\.(\d{1,15})\.([\w-]{43})\.([\w-]{43})$/

type Row = { seq: unknown; hash: string; mac: string; at: Date }

/** The signed head of a chain that was walked and held: kept elsewhere, it tells an older copy of the database. */
export async function keepCheckpoint(on: Kysely<never>, at: Date): Promise<Checkpoint | null> {
  const head = await readHead(on, 'look')
  if (!head?.mac) return null
  await sql`insert into audit_checkpoint (seq, hash, mac, at) values (${head.seq}, ${head.hash}, ${head.mac}, ${at})
    on conflict (seq) do update set at = excluded.at`.execute(on)
  return toCheckpoint({ ...head, mac: head.mac, at })
}

export async function lastCheckpoint(on: Kysely<never>): Promise<Checkpoint | null> {
  const { rows } =
    await sql<Row>`select seq, hash, mac, at from audit_checkpoint order by seq desc limit 1`.execute(on)
  return rows[0] ? toCheckpoint(rows[0]) : null
}

/** What is wrong with the chain, seen from a checkpoint that somebody kept; null when it still holds. */
export async function compareCheckpoint(
  on: Kysely<never>,
  chain: Chain,
  text: string,
): Promise<string | null> {
  const [, number, hash = '', mac = ''] = shape.exec(text.trim()) ?? []
  if (number === undefined) return 'This is not a checkpoint of Tandem’s'
  const seq = Number(number)
  if (!chain.vouches({ seq, hash, mac })) return 'This checkpoint was not made by this install'
  const [entry] = await readForward(on, seq - 1, 1)
  if (entry?.seq !== seq) {
    return `The record ends before entry ${seq}, which this checkpoint has seen: an older copy of the database was put back, or entries were removed`
  }
  return entry.hash === hash ? null : `Entry ${seq} is not the one that this checkpoint has seen`
}

function toCheckpoint({ seq, hash, mac, at }: Row): Checkpoint {
  return {
    seq: Number(seq),
    at: (at instanceof Date ? at : new Date(String(at))).toISOString(),
    text: `tandem-audit.${String(seq)}.${hash}.${mac}`,
  }
}
