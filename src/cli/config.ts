import { parseArgs } from 'node:util'
import { loadConfig, settings, twentyMcpSettings } from '#foundation'
import { z } from 'zod'
import { print } from './print.ts'
import { isSecret, mayHoldPassword } from './secret-settings.ts'

/** `tandem config`: every setting as it is now, secrets hidden. */
export async function config(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { json: { type: 'boolean', default: false } } })
  const loaded = loadConfig(process.env)
  const { from } = twentyMcpSettings(process.env)
  const all = Object.entries(settings.shape).map(([name, schema]) => {
    const value: unknown = name === 'TANDEM_URL' ? loaded.issuer : Reflect.get(loaded, name)
    const given = from[name]
    const meaning = schema.description ?? ''
    return { name, value: shown(name, value), meaning, ...(given && { from: given }) }
  })
  if (values.json) {
    print(JSON.stringify(all))
    return 0
  }
  for (const { name, value, meaning, from: given } of all) {
    const source = given ? ` (from ${given})` : ''
    print(`${name.padEnd(24)} ${`${value}${source}`.padEnd(28)} ${meaning}`)
  }
  return 0
}

function shown(name: string, value: unknown): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return '-'
  if (isSecret(name)) return '(set)'
  // Names only: the rest of such an entry may hold secrets.
  if (Array.isArray(value)) return value.map(nameOf).join(',')
  if (typeof value === 'object' && value !== null) return nameOf(value)
  if (mayHoldPassword(name) && typeof value === 'string') return withoutPassword(value)
  return String(value)
}

function nameOf(entry: unknown): string {
  const { name, issuer } =
    z.looseObject({ name: z.string(), issuer: z.string() }).partial().safeParse(entry).data ?? {}
  return name ?? issuer ?? String(entry)
}

function withoutPassword(text: string): string {
  if (!URL.canParse(text)) return '(set)'
  const url = new URL(text)
  if (url.password) url.password = '***'
  return url.href
}
