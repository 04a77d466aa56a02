import { codeInput, confirmInput, newPasskeyInput, passkeyName } from '#contract'
import type { Id } from '#foundation'
import { isId } from '#foundation'
import { z } from 'zod'
import type { ApiDependencies } from '../dependencies.ts'
import { ApiFailure } from '../errors.ts'
import { forMembers } from '../route.ts'
import type { Route } from '../route.ts'
import { withCookies } from './entered.ts'

const nameInput = z.strictObject({ name: passkeyName })

/** How the signed-in member proves who she is. */
export function securityRoutes({ identity }: ApiDependencies): Route[] {
  const { security, providers } = identity
  return [
    forMembers('GET /account/security', { summary: 'How you sign in' }, async ({ actor }) =>
      security.view(actor),
    ),
    forMembers(
      'POST /account/confirm',
      { summary: 'Confirm that it is you, for the next ten minutes', body: confirmInput },
      async ({ actor, body, from }) => security.confirm(actor, body.proof, from),
    ),
    forMembers(
      'POST /account/confirm/passkey',
      { summary: 'A challenge for confirming with a passkey' },
      async ({ actor, from }) => {
        const { options, cookie } = await security.confirmOptions(actor, from)
        return withCookies(options, [cookie])
      },
    ),
    forMembers('POST /account/totp', { summary: 'A secret for an authenticator app' }, async ({ actor }) =>
      security.draftTotp(actor),
    ),
    forMembers(
      'POST /account/totp/confirm',
      { summary: 'Put that secret in force with a code of it', body: codeInput },
      async ({ actor, body, from }) => security.confirmTotp(actor, body.code, from),
    ),
    forMembers('DELETE /account/totp', { summary: 'Remove the authenticator app' }, async ({ actor, from }) =>
      security.removeTotp(actor, from),
    ),
    forMembers(
      'POST /account/recovery-codes',
      { summary: 'New recovery codes; the ones before are void' },
      async ({ actor, from }) => ({ recoveryCodes: await security.renewRecoveryCodes(actor, from) }),
    ),
    forMembers(
      'POST /account/passkeys/options',
      { summary: 'What a browser needs to make a passkey' },
      async ({ actor, from }) => {
        const { options, cookie } = await security.passkeyOptions(actor, from)
        return withCookies(options, [cookie])
      },
    ),
    forMembers(
      'POST /account/passkeys',
      { summary: 'Add a passkey', body: newPasskeyInput },
      async ({ actor, body, from }) => security.addPasskey(actor, body, from),
    ),
    forMembers(
      'PATCH /account/passkeys/:id',
      { summary: 'Rename a passkey', body: nameInput },
      async ({ actor, param, body }) => security.renamePasskey(actor, passkeyId(param('id')), body.name),
    ),
    forMembers(
      'DELETE /account/passkeys/:id',
      { summary: 'Remove a passkey' },
      async ({ actor, param, from }) => security.removePasskey(actor, passkeyId(param('id')), from),
    ),
    forMembers(
      'DELETE /account/providers/:provider',
      { summary: 'Disconnect an account at a provider' },
      async ({ actor, param, from }) => providers.unlink(actor, param('provider'), from),
    ),
  ]
}

function passkeyId(text: string): Id<'psk'> {
  if (!isId('psk', text)) throw new ApiFailure('not_found', 'There is no such passkey')
  return text
}
