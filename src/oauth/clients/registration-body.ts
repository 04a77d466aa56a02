import { OAuthError } from '../errors.ts'
import { readBytes } from '../router/read-bytes.ts'
import { parseStrictJson } from './strict-json.ts'

const maxBytes = 64 * 1024

/** The metadata that a registration or its update sends (RFC 7591 §3.1). Throws invalid_client_metadata. */
export async function readRegistrationBody(request: Request): Promise<Record<string, unknown>> {
  const type = request.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase()
  if (type !== 'application/json') {
    throw new OAuthError('invalid_client_metadata', 'Send the metadata as application/json')
  }
  const bytes = await readBytes(request, maxBytes)
  if (bytes === null) {
    throw new OAuthError('invalid_client_metadata', `The metadata may have ${maxBytes} bytes at most`, {
      status: 413,
    })
  }
  try {
    return parseStrictJson(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch (cause) {
    if (cause instanceof OAuthError) throw cause
    throw new OAuthError('invalid_client_metadata', 'The metadata is not valid UTF-8', { cause })
  }
}
