import type { TotpDraft } from '#contract'
import { Button } from '../ui/button.tsx'
import { CodeField } from './code-field.tsx'
import { FormProblem } from './form-problem.tsx'
import { QrCode } from './qr-code.tsx'
import { useForm } from './use-form.ts'

/** Scan, then show a code: only then does the app count. */
export function TotpSetup({
  draft: { secret, uri },
  onCode,
}: {
  draft: TotpDraft
  onCode: (code: string) => Promise<void>
}) {
  const form = useForm(({ code = '' }) => onCode(code))
  return (
    <form className="flex flex-col gap-4" onSubmit={form.onSubmit}>
      <div className="flex flex-wrap items-start gap-4">
        <QrCode text={uri} label="QR code for the authenticator app" />
        <div className="min-w-0 grow basis-40">
          <p className="text-table text-muted">
            Scan this with an authenticator app, or type the key into it:
          </p>
          <p className="mt-1 font-mono text-table select-all">{secret.replace(/(.{4})(?=.)/g, '$1 ')}</p>
        </div>
      </div>
      <CodeField label="Code that the app shows" error={form.of('code')} />
      <FormProblem message={form.problem} />
      <Button type="submit" look="primary" className="self-start" disabled={form.busy}>
        {form.busy ? 'Checking…' : 'Confirm the code'}
      </Button>
    </form>
  )
}
