import { CopyBlock } from '../connected-apps/copy-block.tsx'
import { Button } from '../ui/button.tsx'
import { Notice } from '../ui/states.tsx'

/** Shown once. */
export function RecoveryCodes({ codes, onDone }: { codes: readonly string[]; onDone: () => void }) {
  return (
    <div className="flex flex-col gap-4">
      <p className="text-table text-muted">
        Each of these signs you in once when your phone or passkey isn’t at hand. Keep them where you keep
        passwords.
      </p>
      <CopyBlock label="Recovery codes" text={codes.join('\n')} />
      <Notice>They are shown only now.</Notice>
      <Button look="primary" className="self-start" onClick={onDone}>
        I kept them
      </Button>
    </div>
  )
}
