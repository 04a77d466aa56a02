import type { ClientDetail } from '#contract'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { confirmed } from '../../account/confirmed.ts'
import { FormProblem } from '../../account/form-problem.tsx'
import { useForm } from '../../account/use-form.ts'
import { api } from '../../api/client.ts'
import { membersOptions } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { ChoiceField } from '../../ui/choice.tsx'
import { Switch } from '../../ui/switch.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { TextLines } from './text-lines.tsx'

export type MadeApp = { clientId: string; clientSecret: string | null; name: string }
type Proof = 'none' | 'secret' | 'keys'
type Props = {
  /** The app to change; absent to set up a new one. */
  app?: ClientDetail
  onDone: (made: MadeApp | null) => void
  onCancel?: () => void
}

const proofs: { value: Proof; label: string }[] = [
  { value: 'none', label: 'Nothing: it runs on people’s devices' },
  { value: 'secret', label: 'A secret: it runs on a server' },
  { value: 'keys', label: 'Its own key pair: it runs on a server' },
]
const ways = [
  { type: 'authorization_code', label: 'Ask people in the browser', hint: 'It needs a redirect URI.' },
  {
    type: 'urn:ietf:params:oauth:grant-type:device_code',
    label: 'Ask with a code on a device',
    hint: 'For a television or a terminal without a browser.',
  },
  {
    type: 'client_credentials',
    label: 'Act for itself',
    hint: 'With a member’s rights and nobody watching. It needs a secret or keys.',
  },
  {
    type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    label: 'Exchange tokens',
    hint: 'Trade a person’s token for a narrower one. It needs a secret or keys.',
  },
  {
    type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    label: 'Take the company’s sign-in',
    hint: 'Enterprise-managed authorization (ID-JAG). It needs a secret or keys.',
  },
]

/** What an administrator says of an app. How it proves who it is stays as it was set up. */
export function AppForm({ app, onDone, onCancel }: Props) {
  const { data: members = [] } = useQuery(membersOptions)
  const [proof, setProof] = useState<Proof>(() => (app ? proofOf(app) : 'none'))
  const [types, setTypes] = useState<readonly string[]>(app?.grantTypes ?? ['authorization_code'])
  const [owner, setOwner] = useState(app?.owner ?? '')
  const [boundTokens, setBoundTokens] = useState(app?.boundTokens ?? false)
  const [pushedRequests, setPushedRequests] = useState(app?.pushedRequests ?? false)
  const form = useForm(
    async ({ name = '', redirects = '', scopes = '', jwks = '', jwksUri = '', serves = '' }) => {
      const asks = types.filter((type) => type !== 'refresh_token')
      const stays = asks.some((type) => type === 'authorization_code' || type.endsWith('device_code'))
      const ceiling = scopes.split(/[\s,]+/).filter(Boolean)
      const said = {
        name,
        redirectUris: asks.includes('authorization_code') ? redirects.split(/\s+/).filter(Boolean) : [],
        // A resource server asks for nothing.
        ...(asks.length > 0 || !serves.trim()
          ? { grantTypes: stays ? [...asks, 'refresh_token'] : asks }
          : {}),
        boundTokens,
        pushedRequests,
        ...(owner && asks.includes('client_credentials') ? { owner } : {}),
        ...(proof === 'keys' && jwks.trim() ? { jwks: readKeys(jwks) } : {}),
        ...(proof === 'keys' && jwksUri.trim() ? { jwksUri: jwksUri.trim() } : {}),
      }
      if (app) {
        const servesResource = proof === 'none' ? undefined : serves.trim() || null
        const rest = { scopes: ceiling.length > 0 ? ceiling : null, servesResource }
        await confirmed(() => api('PATCH', '/client', { id: app.id, ...said, ...rest }))
        return onDone(null)
      }
      const more = {
        confidential: proof !== 'none',
        ...(ceiling.length > 0 ? { scopes: ceiling } : {}),
        ...(proof !== 'none' && serves.trim() ? { servesResource: serves.trim() } : {}),
      }
      onDone(await confirmed(() => api<MadeApp>('POST', '/clients', { ...said, ...more })))
    },
  )
  const turn = (type: string, on: boolean) =>
    setTypes(on ? [...types, type] : types.filter((one) => one !== type))

  return (
    <form className="flex max-w-xl flex-col gap-5" onSubmit={form.onSubmit}>
      <TextField
        label="Name"
        name="name"
        autoFocus={app !== undefined}
        defaultValue={app?.name}
        required
        maxLength={80}
        autoComplete="off"
        hint="People read it when it asks."
        error={form.of('name')}
      />
      {!app && (
        <div className="flex flex-col gap-1">
          <span className="text-table font-medium">How it proves who it is</span>
          <ChoiceField
            label="How it proves who it is"
            value={proof}
            choices={proofs}
            onChange={(next) => setProof(proofs.find(({ value }) => value === next)?.value ?? 'none')}
          />
        </div>
      )}
      {proof === 'keys' && (
        <>
          <TextField
            label="Address of its public keys"
            name="jwksUri"
            type="url"
            defaultValue={app?.keys && 'uri' in app.keys ? app.keys.uri : undefined}
            placeholder="https://app.example/jwks.json"
            error={form.of('jwksUri')}
          />
          <TextLines label="Or the keys themselves, as a JWK set" name="jwks" error={form.of('jwks')} />
        </>
      )}
      <fieldset className="flex flex-col">
        <legend className="mb-1 text-table font-medium">What it may do</legend>
        {ways.map(({ type, label, hint }) => (
          <Switch
            key={type}
            label={label}
            hint={hint}
            checked={types.includes(type)}
            onChange={(on) => turn(type, on)}
          />
        ))}
      </fieldset>
      {types.includes('authorization_code') && (
        <TextLines
          label="Redirect URIs, one a line"
          name="redirects"
          defaultValue={app?.redirectUris.join('\n')}
          placeholder="https://app.example/callback"
          hint="https, or http on localhost, where any port will do."
          error={form.of('redirectUris')}
        />
      )}
      {types.includes('client_credentials') && (
        <div className="flex flex-col gap-1">
          <span className="text-table font-medium">Whose rights it has when it acts for itself</span>
          <ChoiceField
            label="Whose rights it has"
            value={owner}
            choices={[
              { value: '', label: 'Choose a member' },
              ...members.map(({ id, name }) => ({ value: id, label: name })),
            ]}
            onChange={setOwner}
          />
        </div>
      )}
      <TextField
        label="The most it may ever be granted"
        name="scopes"
        defaultValue={app?.scopes?.join(' ')}
        placeholder="crm:read crm:write"
        autoComplete="off"
        hint="Scopes, separated by spaces. Leave it empty to let people decide."
        error={form.of('scopes')}
      />
      {proof !== 'none' && (
        <TextField
          label="The resource it is the server of"
          name="serves"
          defaultValue={app?.servesResource ?? undefined}
          placeholder="https://notes.example/mcp"
          autoComplete="off"
          hint="Only for a server that checks tokens here (introspection). It may ask about tokens for that resource."
          error={form.of('servesResource')}
        />
      )}
      <fieldset className="flex flex-col">
        <legend className="mb-1 text-table font-medium">What it is held to</legend>
        <Switch
          label="Its tokens are bound to a key"
          hint="A stolen token is worth nothing (DPoP). The app must be able to prove its key."
          checked={boundTokens}
          onChange={setBoundTokens}
        />
        <Switch
          label="It pushes its requests"
          hint="The browser carries nothing that could be changed on the way (PAR)."
          checked={pushedRequests}
          onChange={setPushedRequests}
        />
      </fieldset>
      <FormProblem message={form.problem} />
      <div className="flex gap-2">
        <Button type="submit" look="primary" disabled={form.busy}>
          {app ? 'Save' : 'Set it up'}
        </Button>
        {onCancel && <Button onClick={onCancel}>Cancel</Button>}
      </div>
    </form>
  )
}

function proofOf({ authMethods }: ClientDetail): Proof {
  if (authMethods.includes('private_key_jwt')) return 'keys'
  return authMethods.includes('none') ? 'none' : 'secret'
}

/** One key stands for a set of one. What isn't JSON goes as it is, and is refused with a sentence. */
function readKeys(text: string): unknown {
  try {
    const found: unknown = JSON.parse(text)
    return typeof found === 'object' && found !== null && 'kty' in found ? { keys: [found] } : found
  } catch {
    return text
  }
}
