import { OAuthError } from '../errors.ts'
import { readBytes } from './read-bytes.ts'

/** A request's parameters. `resource` alone may come several times (RFC 8707 §2). */
export type Params = { values: Readonly<Record<string, string>>; resource: readonly string[] }

const mostBytes = 64 * 1024
const mostParameters = 50

/** The form of a POST. Refuses other types, more than 64 KB and more than 50 parameters (A33). */
export async function readForm(request: Request): Promise<Params> {
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/x-www-form-urlencoded') {
    throw new OAuthError('invalid_request', 'Send application/x-www-form-urlencoded')
  }
  return readParams(new URLSearchParams(await readText(request)))
}

/** The parameters of a query. */
export function readQuery(request: Request): Params {
  const { search } = new URL(request.url)
  if (search.length > mostBytes) throw tooLarge()
  return readParams(new URLSearchParams(search))
}

function readParams(sent: URLSearchParams): Params {
  // Without a prototype, so that a parameter called __proto__ is just a parameter (attacks O7).
  const values: Record<string, string> = Object.create(null)
  const resource: string[] = []
  let count = 0
  for (const [name, value] of sent) {
    if (++count > mostParameters) {
      throw new OAuthError('invalid_request', `Send ${mostParameters} parameters at most`)
    }
    // PostgreSQL keeps no NUL; no client has a use for one.
    if (name.includes('\0') || value.includes('\0')) {
      throw new OAuthError('invalid_request', 'Parameters may not contain NUL')
    }
    // OAuth 2.1 §3.1: a parameter without a value counts as not sent.
    if (value === '') continue
    if (name === 'resource') resource.push(value)
    // OAuth 2.1 §3.1: parameters are not repeated (attacks R6).
    else if (Object.hasOwn(values, name)) {
      throw new OAuthError('invalid_request', `The parameter ${name.slice(0, 50)} was sent more than once`)
    } else values[name] = value
  }
  return { values, resource: [...new Set(resource)] }
}

async function readText(request: Request): Promise<string> {
  const bytes = await readBytes(request, mostBytes)
  if (bytes === null) throw tooLarge()
  return bytes.toString('utf8')
}

function tooLarge(): OAuthError {
  return new OAuthError('invalid_request', `Send ${mostBytes / 1024} KB at most`, { status: 413 })
}

/** The parameters as client authentication reads them. */
export function formOf({ values }: Params): { get(name: string): string | undefined } {
  return { get: (name) => (Object.hasOwn(values, name) ? values[name] : undefined) }
}
