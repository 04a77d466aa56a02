import type { NewPasskeyAnswer, PasskeyAnswer } from '#contract'
import {
  browserSupportsWebAuthn,
  browserSupportsWebAuthnAutofill,
  startAuthentication,
  startRegistration,
} from '@simplewebauthn/browser'
import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/browser'
import { api, ApiFailure } from '../api/client.ts'

/** False in a browser, or at an address, that has no passkeys. */
export const passkeysHere = browserSupportsWebAuthn

/** Asks the browser for a passkey that answers the challenge of `path`. */
export async function askPasskey(path: string, body?: unknown): Promise<PasskeyAnswer> {
  const options = await api<PublicKeyCredentialRequestOptionsJSON>('POST', path, body)
  return answerOf(await startAuthentication({ optionsJSON: options }).catch(refusal))
}

/**
 * Offers passkeys among the browser's suggestions for the e-mail field, until another way is taken.
 * Null when this browser can't, or nobody picked one.
 */
export async function passkeyFromSuggestions(): Promise<PasskeyAnswer | null> {
  if (!(await browserSupportsWebAuthnAutofill())) return null
  try {
    const options = await api<PublicKeyCredentialRequestOptionsJSON>('POST', '/session/passkey/options')
    return answerOf(await startAuthentication({ optionsJSON: options, useBrowserAutofill: true }))
  } catch {
    // Another way was taken, or the page is on its way out.
    return null
  }
}

export async function makePasskey(): Promise<NewPasskeyAnswer> {
  const options = await api<PublicKeyCredentialCreationOptionsJSON>('POST', '/account/passkeys/options')
  const made = await startRegistration({ optionsJSON: options }).catch(refusal)
  const { id, rawId, response } = made
  const { clientDataJSON, attestationObject, transports = [] } = response
  return {
    id,
    rawId,
    type: 'public-key',
    clientExtensionResults: {},
    response: { clientDataJSON, attestationObject, transports },
  }
}

function answerOf({ id, rawId, response }: AuthenticationResponseJSON): PasskeyAnswer {
  const { clientDataJSON, authenticatorData, signature, userHandle } = response
  return {
    id,
    rawId,
    type: 'public-key',
    clientExtensionResults: {},
    response: { clientDataJSON, authenticatorData, signature, userHandle },
  }
}

/** What the browser's own names for a refusal mean for a person (WebAuthn §5.1.3, §5.1.4). */
function refusal(error: unknown): never {
  const name = error instanceof Error ? error.name : ''
  const message =
    name === 'InvalidStateError'
      ? 'This device has a passkey for your account already.'
      : 'No passkey was used. Try again, or take another way.'
  throw new ApiFailure(0, { error: 'passkey_not_used', message })
}
