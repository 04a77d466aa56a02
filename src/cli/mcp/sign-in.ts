import {
  allowInsecureRequests,
  ClientError,
  discovery,
  dynamicClientRegistration,
  initiateDeviceAuthorization,
  None,
  pollDeviceAuthorizationGrant,
  refreshTokenGrant,
  ResponseBodyError,
  tokenRevocation,
} from 'openid-client'
import type { Configuration } from 'openid-client'
import { z } from 'zod'
import { SetupError } from '#foundation'
import { printable } from '../print.ts'
import type { SignedIn, SignInStore } from './sign-in-store.ts'

/** A person's sign-in at one resource: tokens for the program, a page and a code for the person. */
export interface SignIn {
  /** A token that is good for a while; asks the person when there is none. */
  token(): Promise<string>
  /** Another one in place of this, which was refused. */
  replace(refused: string): Promise<void>
  /** Asks the person anew. */
  begin(): Promise<void>
  /** Gives the sign-in back and forgets it. */
  end(): Promise<void>
}

export type SignInOptions = {
  resource: URL
  /** Space-separated; absent: what the server gives by default. */
  scope: string | undefined
  store: SignInStore
  /** Says something to the person. */
  tell(line: string): void
}

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code'
/** Milliseconds before its end from which on a token isn't used any more. */
const spareMs = 30_000
const timeoutMs = 15_000

export function createSignIn({ resource, scope, store, tell }: SignInOptions): SignIn {
  const key = resource.href
  let asking: Promise<SignedIn> | undefined

  const serverFor = async (issuer: string, clientId: string): Promise<Configuration> =>
    discovery(new URL(issuer), clientId, { token_endpoint_auth_method: 'none' }, None(), {
      algorithm: 'oauth2',
      timeout: timeoutMs / 1000,
      execute: insecure(issuer),
    })

  const keep = async (
    { issuer, clientId }: Pick<SignedIn, 'issuer' | 'clientId'>,
    tokens: { access_token: string; expires_in?: number; refresh_token?: string },
    before?: SignedIn,
  ): Promise<SignedIn> => {
    const refreshToken = tokens.refresh_token ?? before?.refreshToken
    const held: SignedIn = {
      issuer,
      clientId,
      accessToken: tokens.access_token,
      expiresAt: Date.now() + (tokens.expires_in ?? 60) * 1000,
      ...(refreshToken !== undefined && { refreshToken }),
    }
    await store.keep(key, held)
    return held
  }

  /** RFC 8628: the person opens a page wherever her browser is, and compares a code. */
  const ask = async (): Promise<SignedIn> => {
    const issuer = await issuerOf(resource)
    const config = await dynamicClientRegistration(
      new URL(issuer),
      {
        client_name: 'Tandem over stdio',
        grant_types: [deviceGrant, 'refresh_token'],
        token_endpoint_auth_method: 'none',
      },
      None(),
      { algorithm: 'oauth2', timeout: timeoutMs / 1000, execute: insecure(issuer) },
    )
    const parameters = { resource: key, ...(scope !== undefined && { scope }) }
    const asked = await initiateDeviceAuthorization(config, parameters)
    tell(`To let this program use ${key}, open`)
    tell(`  ${printable(asked.verification_uri_complete ?? asked.verification_uri)}`)
    tell(`and check that it shows the code ${printable(asked.user_code)}`)
    const tokens = await pollDeviceAuthorizationGrant(config, asked, { resource: key })
    tell('Signed in.')
    const { client_id: clientId } = config.clientMetadata()
    return store.alone(() => keep({ issuer, clientId }, tokens))
  }
  const askOnce = (): Promise<SignedIn> => (asking ??= ask().finally(() => (asking = undefined)))

  /** Renews in one process at a time, with what is held then: another one may just have done it. */
  const renew = (refused: string): Promise<SignedIn | null> =>
    store.alone(async () => {
      const held = await store.find(key)
      if (!held || held.accessToken !== refused) return held
      if (held.refreshToken === undefined) return null
      try {
        const config = await serverFor(held.issuer, held.clientId)
        return await keep(held, await refreshTokenGrant(config, held.refreshToken, { resource: key }), held)
      } catch (error) {
        // RFC 6749 §5.2: the grant ended, or its client is gone. Anything else may pass.
        if (!(error instanceof ResponseBodyError) || !/^invalid_(grant|client)$/.test(error.error))
          throw error
        await store.keep(key, null)
        return null
      }
    })

  return {
    token: () =>
      inWords(async () => {
        let held = await store.find(key)
        if (held && held.expiresAt - spareMs < Date.now()) held = await renew(held.accessToken)
        return (held ?? (await askOnce())).accessToken
      }),
    replace: (refused) =>
      inWords(async () => {
        if (!(await renew(refused))) await askOnce()
      }),
    begin: () => inWords(async () => void (await askOnce())),
    end: () =>
      inWords(async () => {
        const held = await store.find(key)
        await store.alone(() => store.keep(key, null))
        if (held?.refreshToken === undefined) return
        await tokenRevocation(await serverFor(held.issuer, held.clientId), held.refreshToken)
      }),
  }
}

/** What the authorization server answered, or that it didn't, as a sentence. @throws SetupError */
async function inWords<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ResponseBodyError)
      throw new SetupError(`Not signed in: ${printable(error.error_description ?? error.error)}`, {
        cause: error,
      })
    if (error instanceof ClientError)
      throw new SetupError(`Not signed in: ${printable(error.message)}`, { cause: error })
    throw error
  }
}

const metadata = z.object({ resource: z.string(), authorization_servers: z.array(z.url()).min(1) })

/** RFC 9728 §3: who signs people in for the resource. @throws SetupError */
async function issuerOf(resource: URL): Promise<string> {
  const path = resource.pathname === '/' ? '' : resource.pathname
  const address = new URL(`/.well-known/oauth-protected-resource${path}`, resource)
  const response = await fetch(address, { redirect: 'error', signal: AbortSignal.timeout(timeoutMs) }).catch(
    (error: unknown) => {
      throw new SetupError(`${resource.origin} can’t be reached`, { cause: error })
    },
  )
  const found = metadata.safeParse(await response.json().catch(() => null))
  // RFC 9728 §3.3: metadata of another resource must not be used.
  if (!response.ok || !found.success || found.data.resource !== resource.href)
    throw new SetupError(`There is no MCP server with sign-in at ${resource.href}`)
  const [issuer = ''] = found.data.authorization_servers
  requireSafe(new URL(issuer))
  return issuer
}

/** Tokens travel encrypted, or stay on this computer. @throws SetupError */
export function requireSafe(address: URL): void {
  if (address.protocol === 'https:' || isLocal(address)) return
  throw new SetupError(`${printable(address.href)} is not https`)
}

function isLocal({ protocol, hostname }: URL): boolean {
  return protocol === 'http:' && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)
}

function insecure(issuer: string): ((config: Configuration) => void)[] {
  return isLocal(new URL(issuer)) ? [allowInsecureRequests] : []
}
