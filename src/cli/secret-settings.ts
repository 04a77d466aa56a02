// By the end of the name: a setting that comes later is hidden without anybody thinking of it.
const secret = /(SECRET|PASSWORD|KEYS?|TOKEN|KEY_COMMAND)$/
/** Lists of things that have secrets among their members. */
const holdSecrets = new Set(['TANDEM_SIGN_IN_WITH', 'TANDEM_AUTHORIZATION_SERVER', 'TANDEM_STDIO_SERVERS'])
/** Addresses with a password in them. */
const holdPasswords = new Set(['DATABASE_URL', 'TANDEM_SMTP_URL'])

/** Whether a setting, or an answer of the guide, is secret by its name. */
export function isSecret(name: string): boolean {
  return secret.test(nameInCapitals(name))
}

/** Whether the address in this setting may have a password in it. */
export function mayHoldPassword(name: string): boolean {
  return holdPasswords.has(name)
}

/** Whether this value, as text, is one that nobody else on the machine may see. */
export function isSecretValue(name: string, value: string): boolean {
  if (value === '') return false
  return (
    isSecret(name) || holdSecrets.has(nameInCapitals(name)) || (mayHoldPassword(name) && hasPassword(value))
  )
}

/** An address that can't be read is taken for one that has. */
function hasPassword(value: string): boolean {
  if (!value.includes('://') || !URL.canParse(value)) return value.includes('@')
  const { password, searchParams } = new URL(value)
  return password !== '' || searchParams.has('password')
}

const nameInCapitals = (name: string) => name.replaceAll('-', '_').toUpperCase()
