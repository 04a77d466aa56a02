import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { newClientInput } from '#contract'
import { SetupError } from '#foundation'
import { print } from './print.ts'
import { withAdmin } from './with-admin.ts'

/** Short names of grant types, as people type them. */
const grantTypes: Record<string, string> = {
  device_code: 'urn:ietf:params:oauth:grant-type:device_code',
  'token-exchange': 'urn:ietf:params:oauth:grant-type:token-exchange',
  'jwt-bearer': 'urn:ietf:params:oauth:grant-type:jwt-bearer',
}

/** `tandem clients create`: registers a client by hand. Its secret is shown once. */
export async function clientsCreate(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      name: { type: 'string' },
      'redirect-uri': { type: 'string', multiple: true },
      confidential: { type: 'boolean', default: false },
      'grant-type': { type: 'string', multiple: true },
      scope: { type: 'string' },
      owner: { type: 'string' },
      jwks: { type: 'string' },
      'jwks-uri': { type: 'string' },
      'serves-resource': { type: 'string' },
      'bound-tokens': { type: 'boolean' },
      'pushed-requests': { type: 'boolean' },
      json: { type: 'boolean', default: false },
    },
  })
  const { name, confidential, scope, owner, jwks, json } = values
  const asked = values['grant-type']?.map((type) => grantTypes[type] ?? type)
  const redirectUris = values['redirect-uri'] ?? []
  const servesResource = values['serves-resource']
  const redirects = asked === undefined ? servesResource === undefined : asked.includes('authorization_code')
  if (!name || (redirects && redirectUris.length === 0)) {
    throw new SetupError('Say --name and at least one --redirect-uri')
  }
  const input = newClientInput.safeParse({
    name,
    redirectUris,
    confidential:
      confidential || servesResource !== undefined || jwks !== undefined || values['jwks-uri'] !== undefined,
    grantTypes: asked,
    scopes: scope?.split(/[ ,]+/).filter(Boolean),
    owner,
    jwks: jwks === undefined ? undefined : readKeys(jwks),
    jwksUri: values['jwks-uri'],
    servesResource,
    boundTokens: values['bound-tokens'],
    pushedRequests: values['pushed-requests'],
  })
  if (!input.success) {
    const [issue] = input.error.issues
    throw new SetupError(`${issue?.path.join('.')}: ${issue?.message}`)
  }
  return withAdmin(async (admin) => {
    const client = await admin.run('clients.create', input.data)
    if (json) print(JSON.stringify(client))
    else {
      print(`client_id      ${client.clientId}`)
      if (client.clientSecret) print(`client_secret  ${client.clientSecret}   (shown this once)`)
    }
    return 0
  })
}

/** Public keys from a file: a JWK set, or one key. */
function readKeys(file: string): unknown {
  try {
    const found: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return typeof found === 'object' && found !== null && 'kty' in found ? { keys: [found] } : found
  } catch (cause) {
    throw new SetupError(`${file} can’t be read as JSON`, { cause })
  }
}
