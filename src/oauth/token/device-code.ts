import { createHash } from 'node:crypto'
import { z } from 'zod'
import { hashSecret, newId } from '#foundation'
import { readResource } from '../authorize/choose-resource.ts'
import { pollInterval } from '../device/device-request.ts'
import type { DeviceClaim, DevicePoll } from '../device/device-request.ts'
import { OAuthError } from '../errors.ts'
import { firstAnswer } from './first-answer.ts'
import { firstRefresh } from './first-refresh.ts'
import { givenEntry } from './given-entry.ts'
import type { GrantType } from './grant-type.ts'
import { readParameters } from './read-parameters.ts'

const parameters = z.object({
  device_code: z.string().max(200),
  // RFC 7636 §4.1. Needed exactly when the request had a challenge (attacks V6).
  code_verifier: z
    .string()
    .regex(/^[A-Za-z0-9._~-]{43,128}$/)
    .optional(),
})

/** A device collects what the person allowed, or hears that it must wait (RFC 8628 §3.4, §3.5). */
export const deviceCode: GrantType = async (exchange, request) => {
  const { client, params, from } = request
  const { devices, resources, clock } = exchange
  const { device_code: code, code_verifier: verifier } = readParameters(parameters, params)
  const claim: DeviceClaim = {
    hash: hashSecret(code),
    clientId: client.id,
    codeChallenge: verifier === undefined ? null : createHash('sha256').update(verifier).digest('base64url'),
    resource: readResource(resources(), params.resource)?.id,
  }
  const at = clock.now()
  const poll = await devices.poll(claim.hash, claim.clientId, at)
  if (poll?.state !== 'allowed') throw refusal(poll)
  // RFC 8707 §2.2. The code stays good for the right resource and verifier (attacks P8).
  if (claim.resource !== undefined && claim.resource !== poll.resource) {
    throw new OAuthError('invalid_target', 'The device was allowed another resource')
  }
  const grant = newId('grt')
  const { refreshToken, refresh } = await firstRefresh(exchange, request, grant, at)
  const terms = await devices.collect(claim, { id: grant, at, refresh }, givenEntry(client, grant, from))
  if (!terms) throw refused()
  return firstAnswer(exchange, request, { grant, terms, refreshToken })
}

function refusal(poll: Exclude<DevicePoll, { state: 'allowed' }> | undefined): OAuthError {
  switch (poll?.state) {
    case 'pending':
      return poll.early
        ? new OAuthError('slow_down', `Wait ${pollInterval} seconds longer between two requests from now on`)
        : new OAuthError('authorization_pending', 'Nobody has answered yet')
    case 'denied':
      return new OAuthError('access_denied', 'The person said no', { status: 400 })
    case 'expired':
      return new OAuthError('expired_token', 'The device code has expired. Ask for a new one')
    case 'used':
    case undefined:
      return refused()
  }
}

function refused(): OAuthError {
  return new OAuthError(
    'invalid_grant',
    'The device code is not valid for this client, or no longer. Ask for a new one',
  )
}
