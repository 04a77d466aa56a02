import { generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { exportJWK, SignJWT } from 'jose'
import type { JWTHeaderParameters, JWTPayload } from 'jose'
import { serve } from './serve.ts'

export type Forgery = {
  claims?: JWTPayload
  header?: Partial<JWTHeaderParameters> & Record<string, unknown>
  key?: KeyObject
}

/** Somebody else's authorization server, which says whatever a test wants: metadata, keys, tokens, introspection. */
export type ForeignIssuerDouble = Awaited<ReturnType<typeof startForeignIssuer>>

export async function startForeignIssuer() {
  const pairs = new Map<string, { privateKey: KeyObject; publicKey: KeyObject }>()
  const add = (kid: string) => void pairs.set(kid, generateKeyPairSync('ec', { namedCurve: 'P-256' }))
  add('one')
  const state: {
    down: boolean
    /** What its metadata names as its issuer, when that is a lie. */
    says: string | null
    introspect: (token: string) => unknown
    asked: number
  } = { down: false, says: null, introspect: () => ({ active: false }), asked: 0 }
  const served = await serve(async (request) => {
    state.asked++
    if (state.down) return new Response('down', { status: 503 })
    const { pathname } = new URL(request.url)
    if (pathname === '/.well-known/openid-configuration')
      return Response.json({ issuer: state.says ?? issuer, jwks_uri: `${issuer}/jwks` })
    if (pathname === '/jwks') {
      const keys = [...pairs].map(async ([kid, { publicKey }]) => ({
        ...(await exportJWK(publicKey)),
        kid,
        alg: 'ES256',
        use: 'sig',
      }))
      return Response.json({ keys: await Promise.all(keys) })
    }
    if (pathname === '/introspect') {
      const form = new URLSearchParams(await request.text())
      return Response.json(state.introspect(form.get('token') ?? ''))
    }
    return new Response(null, { status: 404 })
  })
  const issuer = `http://127.0.0.1:${served.port}`
  const now = () => Math.floor(Date.now() / 1000)
  return {
    issuer,
    state,
    keys: { add, remove: (kid: string) => void pairs.delete(kid) },
    publicKey: () => pairs.get('one')?.publicKey,
    /** What a good token says, as it would say it of Grace. */
    claims: (resource: string): JWTPayload => ({
      iss: issuer,
      aud: resource,
      sub: 'grace-at-the-issuer',
      client_id: 'planner',
      scope: 'twenty:read',
      email: 'grace@acme.example',
      email_verified: true,
      jti: crypto.randomUUID(),
      iat: now(),
      exp: now() + 600,
    }),
    sign(claims: JWTPayload, header: Forgery['header'] = {}, key?: KeyObject): Promise<string> {
      const kid = String(header['kid'] ?? 'one')
      const own = key ?? pairs.get(kid)?.privateKey
      if (!own) throw new Error('no such key')
      return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid, ...header }).sign(own)
    },
    close: served.close,
  }
}
