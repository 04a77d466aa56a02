import { sql } from '#storage'
import type { Kysely } from '#storage'
import type { VaultKeys } from './keys.ts'
import type { VaultStatus } from './vault.ts'

type Counted = { key_version: number; credentials: number; broken: number }

/** What is sealed with which key: the known ones, and whatever else rows say. */
export async function statusOf(db: Kysely<never>, keys: VaultKeys): Promise<VaultStatus> {
  const { rows } = await sql<Counted>`select key_version, count(*)::int as credentials,
    count(broken)::int as broken from credential group by key_version`.execute(db)
  const counts = new Map(rows.map((row) => [row.key_version, row]))
  const names = new Map(keys.versions.map(({ version, name }) => [version, name]))
  const versions = [...new Set([...names.keys(), ...counts.keys()])].toSorted((a, b) => a - b)
  return {
    current: keys.current,
    versions: versions.map((version) => ({
      version,
      name: names.get(version) ?? null,
      known: names.has(version),
      credentials: counts.get(version)?.credentials ?? 0,
      broken: counts.get(version)?.broken ?? 0,
    })),
  }
}
