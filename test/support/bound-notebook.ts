import { epochSeconds } from '#foundation'
import { codeFor, issuer, resource } from './oauth.ts'
import type { TestOAuth, Tokens } from './oauth.ts'
import type { ProofKey, ProofOf } from './proofs.ts'

type Form = Record<string, string>

/** Notebook, which proves keys: requests at the token endpoint and tokens bound to one. Ask for `t` when it is there. */
export function boundNotebook(t: () => TestOAuth) {
  const prove = (by: ProofKey, more: Partial<ProofOf> = {}) =>
    by.prove({ url: `${issuer}/oauth/token`, now: epochSeconds(t().clock.now()), ...more })
  /** With a proof by that key, or none. */
  const ask = async (form: Form, by: ProofKey | null) =>
    t().post(
      '/oauth/token',
      { client_id: t().clients.notebook.clientId, ...form },
      by ? { dpop: await prove(by) } : {},
    )
  return {
    prove,
    ask,
    refresh: (refresh_token: string, by: ProofKey | null) =>
      ask({ grant_type: 'refresh_token', refresh_token }, by),
    async boundTokens(by: ProofKey, more: Form = {}): Promise<Tokens> {
      const { code, verifier } = await codeFor(t(), { more })
      const form = { grant_type: 'authorization_code', code, code_verifier: verifier }
      return tokensOf(await ask(form, by))
    },
    /** The key that an access token is bound to; undefined when it isn't good. */
    boundTo: async ({ access_token }: Tokens) => (await t().oauth.verify(access_token, resource))?.boundTo,
  }
}

export async function tokensOf(response: Response): Promise<Tokens> {
  if (response.status !== 200) throw new Error(`no tokens: ${await response.text()}`)
  return (await response.json()) as Tokens
}

export async function refusalOf(response: Response): Promise<[number, string]> {
  return [response.status, ((await response.json()) as { error: string }).error]
}

export const invalidProof = [400, 'invalid_dpop_proof']
