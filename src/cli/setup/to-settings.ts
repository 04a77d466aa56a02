import { newInstallSecret } from './settings-file.ts'
import type { Answers } from './questions.ts'

/** What the answers mean for an install that had `before`: what wasn't asked for stays. */
export function toSettings(answers: Answers, before: Record<string, unknown>): Record<string, unknown> {
  const all: Record<string, unknown> = { ...before }
  const set = (name: string, value: unknown) => {
    if (value === undefined || value === '') delete all[name]
    else all[name] = value
  }
  for (const [name, value] of Object.entries(answers)) {
    if (/^[A-Z_]+$/.test(name)) set(name, name === 'PORT' ? Number(value) : value)
  }
  if (answers['database'] === 'server') {
    delete all['TANDEM_DATA_DIR']
    all['TANDEM_SECRET'] ??= newInstallSecret()
  } else delete all['DATABASE_URL']
  const { provider } = answers
  if (provider === 'none') delete all['TANDEM_SIGN_IN_WITH']
  else if (provider !== undefined) {
    const issuer = answers['provider-issuer']
    all['TANDEM_SIGN_IN_WITH'] = [
      {
        name: provider === 'other' ? 'company' : provider,
        ...(provider !== 'other' && { preset: provider }),
        ...(issuer && { issuer }),
        clientId: answers['provider-id'],
        clientSecret: answers['provider-secret'],
      },
    ]
  }
  return all
}
