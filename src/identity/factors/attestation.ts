/**
 * The attestation object (WebAuthn §6.5.4) as if it came with none, which is what we ask for. What a device says of its
 * make is dropped unread: in some formats the library would fetch what the sender's own certificates name (attacks S1).
 * @throws Error — for what is no attestation object.
 */
export async function withoutAttestation(attestationObject: string): Promise<string> {
  const { decodeAttestationObject, isoBase64URL, isoCBOR } = await import('@simplewebauthn/server/helpers')
  const authData = decodeAttestationObject(isoBase64URL.toBuffer(attestationObject)).get('authData')
  const none = new Map<string, Parameters<typeof isoCBOR.encode>[0]>([
    ['fmt', 'none'],
    ['attStmt', new Map()],
    ['authData', authData],
  ])
  return isoBase64URL.fromBuffer(isoCBOR.encode(none))
}
