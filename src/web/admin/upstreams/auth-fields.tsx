import type { UpstreamAuth, UpstreamKind } from '#contract'
import { ChoiceField } from '../../ui/choice.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { authNames } from './upstreams.ts'

export type AuthKind = UpstreamAuth['kind']

type Props = {
  kind: UpstreamKind
  chosen: AuthKind
  onChoose: (kind: AuthKind) => void
  /** What is there now; absent for a new one. */
  now?: UpstreamAuth
  of: (field: string) => string | undefined
}

const possible: Record<UpstreamKind, AuthKind[]> = {
  http: ['none', 'header', 'key', 'oauth'],
  stdio: ['none', 'key', 'header'],
  twenty: ['key', 'header'],
}

/** How Tandem signs in at the upstream, and what with. */
export function AuthFields({ kind, chosen, onChoose, now, of }: Props) {
  const before = now?.kind === chosen ? now : undefined
  const header = before && 'header' in before ? before.header : 'Authorization'
  return (
    <>
      <div className="flex flex-col gap-1">
        <span className="text-table font-medium">How Tandem signs in there</span>
        <ChoiceField
          label="How Tandem signs in there"
          value={chosen}
          choices={possible[kind].map((value) => ({ value, label: authNames[value] }))}
          onChange={(next) => onChoose(possible[kind].find((one) => one === next) ?? 'none')}
        />
        {of('auth') && <p className="text-xs text-danger">{of('auth')}</p>}
      </div>
      {kind !== 'stdio' && (chosen === 'header' || chosen === 'key') && (
        <TextField
          label={chosen === 'key' ? 'Header for the key' : 'Header for the secret'}
          name="header"
          defaultValue={header}
          key={`${chosen} header`}
          required
          maxLength={64}
          autoComplete="off"
        />
      )}
      {kind !== 'stdio' && chosen === 'key' && (
        <TextField
          label="Word before the key"
          name="prefix"
          defaultValue={before?.kind === 'key' ? before.prefix.trim() : 'Bearer'}
          maxLength={19}
          autoComplete="off"
          hint="Leave it empty where the key stands alone in the header."
        />
      )}
      {chosen === 'oauth' && (
        <TextField
          label="Client id"
          name="clientId"
          defaultValue={before?.kind === 'oauth' ? before.clientId : undefined}
          maxLength={600}
          autoComplete="off"
          hint="Leave it empty unless somebody set Tandem up there by hand: it introduces itself."
        />
      )}
    </>
  )
}

/** What the fields say. */
export function authOf(
  kind: AuthKind,
  { header, prefix, clientId }: Record<string, string>,
): Record<string, string> {
  if (kind === 'header') return { kind, header: header?.trim() || 'Authorization' }
  if (kind === 'oauth') return { kind, ...(clientId?.trim() && { clientId: clientId.trim() }) }
  if (kind === 'none') return { kind }
  const before = prefix?.trim() ?? ''
  return { kind, header: header?.trim() || 'Authorization', prefix: before && `${before} ` }
}
