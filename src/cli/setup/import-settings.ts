import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { SetupError, clerkIssuer, isOn, twentyMcpAddresses } from '#foundation'
import { z } from 'zod'
import type { Answers } from './questions.ts'

/** What was found, and what a person has to know about what can't come along. */
export type Imported = { answers: Answers; notes: string[] }

/**
 * Reads the `.env` or JSON settings of an install of twenty-mcp as a start with them would (`#foundation`), but for what
 * is a person's to decide or to give anew: that is told. @throws SetupError
 */
export function importSettings(file: string): Imported {
  const env = readNames(file)
  const answers: Answers = {}
  const notes: string[] = []
  const { IP_ALLOWLIST: list = '', ...unlisted } = env
  const open = !isOn(env['IP_PROTECTION_ENABLED'])
  if (open && list.trim() !== '')
    notes.push(
      'IP_ALLOWLIST is not copied: IP_PROTECTION_ENABLED is off there, so anybody may come. TANDEM_IP_ALLOWLIST limits it',
    )
  for (const [name, value] of Object.entries(twentyMcpAddresses(open ? unlisted : env).given))
    answers[name] = String(value)
  const { PORT: port, TWENTY_BASE_URL: twenty = env['BASEURL'] } = env
  if (port) answers['PORT'] = port
  if (twenty) answers['twenty'] = twenty
  if (env['TWENTY_API_KEY'] ?? env['APIKEY'])
    notes.push(
      'The key of Twenty is not copied: each person stores her own at Settings → Keys, checked before it is kept',
    )
  if (env['API_KEY_ENCRYPTION_SECRET'])
    notes.push('Keys that people stored with Clerk can’t be read from here: they enter them once more')
  const clerk = isOn(env['AUTH_ENABLED']) ? clerkIssuer(env['CLERK_DOMAIN']) : undefined
  if (clerk !== undefined) {
    answers['provider'] = 'clerk'
    answers['provider-issuer'] = clerk
    notes.push(
      'Make an OAuth application in Clerk and use its client id and secret: Tandem signs people in there',
    )
  }
  if (env['REQUIRE_AUTH'] !== undefined && !isOn(env['REQUIRE_AUTH']))
    notes.push('REQUIRE_AUTH=false has no twin: nobody calls anything here without signing in')
  if (Object.keys(answers).length === 0) throw new SetupError(`${file} holds no setting that is known here`)
  return { answers, notes }
}

function readNames(file: string): Record<string, string | undefined> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new SetupError(`${file} can’t be read`, { cause })
  }
  if (!text.trimStart().startsWith('{')) return parseEnv(text)
  try {
    return Object.fromEntries(flat(z.record(z.string(), z.unknown()).parse(JSON.parse(text))))
  } catch (cause) {
    throw new SetupError(`${file} is not a JSON object`, { cause })
  }
}

/** `{ "auth": { "clerkDomain": … } }` as `CLERK_DOMAIN`: its JSON nests, its environment doesn't. */
function flat(value: Record<string, unknown>, of = ''): [string, string][] {
  return Object.entries(value).flatMap(([name, inner]): [string, string][] => {
    const nested = z.record(z.string(), z.unknown()).safeParse(inner)
    if (nested.success) return flat(nested.data, name)
    const text = Array.isArray(inner) ? inner.join(',') : String(inner)
    const upper = /^[A-Z_]+$/.test(name) ? name : name.replaceAll(/([a-z])([A-Z])/g, '$1_$2').toUpperCase()
    if (upper === 'ENABLED') return [[/auth/i.test(of) ? 'AUTH_ENABLED' : 'IP_PROTECTION_ENABLED', text]]
    return [[upper === 'ALLOWLIST' ? 'IP_ALLOWLIST' : upper, text]]
  })
}
