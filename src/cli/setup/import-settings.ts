import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { SetupError } from '#foundation'
import { z } from 'zod'
import type { Answers } from './questions.ts'

/** What was found, and what a person has to know about what can't come along. */
export type Imported = { answers: Answers; notes: string[] }

/** Reads the `.env` or JSON settings of an install of twenty-mcp, whose names are its own. @throws SetupError */
export function importSettings(file: string): Imported {
  const found = readNames(file)
  const answers: Answers = {}
  const notes: string[] = []
  const url = found.get('MCP_SERVER_URL')
  if (url && URL.canParse(url)) answers['TANDEM_URL'] = new URL(url).origin
  const port = found.get('PORT')
  if (port) answers['PORT'] = port
  const proxies = found.get('TRUSTED_PROXIES')
  if (proxies) answers['TANDEM_TRUSTED_PROXIES'] = proxies
  const list = found.get('IP_ALLOWLIST') ?? ''
  if (isOn(found.get('IP_PROTECTION_ENABLED'))) {
    if (list.trim() === '')
      throw new SetupError(
        `${file}: IP_PROTECTION_ENABLED is on and IP_ALLOWLIST names nobody. Name addresses there, or switch it off`,
      )
    answers['TANDEM_IP_ALLOWLIST'] = list
  } else if (list.trim() !== '')
    notes.push(
      'IP_ALLOWLIST is not copied: IP_PROTECTION_ENABLED is off there, so anybody may come. TANDEM_IP_ALLOWLIST limits it',
    )
  const twenty = found.get('TWENTY_BASE_URL') ?? found.get('BASEURL')
  if (twenty) answers['twenty'] = twenty
  if (found.get('TWENTY_API_KEY') ?? found.get('APIKEY'))
    notes.push(
      'The key of Twenty is not copied: each person stores her own at Settings → Keys, checked before it is kept',
    )
  if (found.get('API_KEY_ENCRYPTION_SECRET'))
    notes.push('Keys that people stored with Clerk can’t be read from here: they enter them once more')
  const clerk = found.get('CLERK_DOMAIN')
  if (clerk) {
    answers['provider'] = 'clerk'
    answers['provider-issuer'] = `https://${clerk.replace(/^https:\/\//, '').replace(/\/$/, '')}`
    notes.push(
      'Make an OAuth application in Clerk and use its client id and secret: Tandem signs people in there',
    )
  }
  if (found.has('REQUIRE_AUTH') && !isOn(found.get('REQUIRE_AUTH')))
    notes.push('REQUIRE_AUTH=false has no twin: nobody calls anything here without signing in')
  if (Object.keys(answers).length === 0) throw new SetupError(`${file} holds no setting that is known here`)
  return { answers, notes }
}

const isOn = (value: string | undefined) => /^(1|true|yes)$/i.test(value?.trim() ?? '')

function readNames(file: string): Map<string, string> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new SetupError(`${file} can’t be read`, { cause })
  }
  if (!text.trimStart().startsWith('{'))
    return new Map(Object.entries(parseEnv(text)).map(([k, v]) => [k, v ?? '']))
  try {
    return new Map(flat(z.record(z.string(), z.unknown()).parse(JSON.parse(text))))
  } catch (cause) {
    throw new SetupError(`${file} is not a JSON object`, { cause })
  }
}

/** `{ "auth": { "clerkDomain": … } }` as `CLERK_DOMAIN`: its JSON nests, its environment doesn't. */
function flat(value: Record<string, unknown>): [string, string][] {
  return Object.entries(value).flatMap(([name, inner]): [string, string][] => {
    const nested = z.record(z.string(), z.unknown()).safeParse(inner)
    if (nested.success) return flat(nested.data)
    const text = Array.isArray(inner) ? inner.join(',') : String(inner)
    const upper = /^[A-Z_]+$/.test(name) ? name : name.replaceAll(/([a-z])([A-Z])/g, '$1_$2').toUpperCase()
    return [
      [upper === 'ENABLED' ? 'IP_PROTECTION_ENABLED' : upper === 'ALLOWLIST' ? 'IP_ALLOWLIST' : upper, text],
    ]
  })
}
