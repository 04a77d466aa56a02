import type { CDPSession, Page } from 'playwright-core'

export type VirtualAuthenticator = Awaited<ReturnType<typeof addAuthenticator>>

/** What Chromium knows of a passkey in it. Keys are base64. */
type Credential = {
  credentialId: string
  isResidentCredential: boolean
  rpId?: string
  privateKey: string
  userHandle?: string
  signCount: number
}

/** A device with passkeys in it, as Chromium simulates one (WebAuthn Level 3, §11). */
export async function addAuthenticator(page: Page, { verifies = true } = {}) {
  const cdp: CDPSession = await page.context().newCDPSession(page)
  await cdp.send('WebAuthn.enable', { enableUI: false })
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      ctap2Version: 'ctap2_1',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: verifies,
      automaticPresenceSimulation: true,
    },
  })
  const credentials = async (): Promise<Credential[]> =>
    (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials
  return {
    credentials,
    /** Whether the device knows its person's finger. */
    verify: (isUserVerified: boolean) =>
      cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified }),
    /** Whether the person touches the device when asked. */
    touch: (enabled: boolean) =>
      cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled }),
    /** Puts a copy of a passkey in, as somebody who cloned a device would hold it. */
    async put(credential: Credential): Promise<void> {
      await cdp.send('WebAuthn.removeCredential', {
        authenticatorId,
        credentialId: credential.credentialId,
      })
      await cdp.send('WebAuthn.addCredential', { authenticatorId, credential })
    },
  }
}
