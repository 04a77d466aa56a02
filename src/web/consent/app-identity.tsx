import type { ConsentView } from '#contract'
import { BadgeCheck, CircleHelp, CornerUpLeft, MonitorSmartphone } from 'lucide-react'
import { api } from '../api/client.ts'
import { signInPath } from '../api/next.ts'
import { AgentMark, PersonMark } from '../ui/avatar.tsx'
import { ago } from '../ui/time.ts'

/** Who asks, where the answer goes, and who is signed in. Names are text, whatever they contain. */
export function AppIdentity({ view }: { view: ConsentView }) {
  const { client, redirect, device, person } = view
  return (
    <header>
      <AgentMark app={client.name} size={40} />
      <h1 className="mt-3 text-title font-semibold [overflow-wrap:anywhere]">
        <bdi>{client.name}</bdi>{' '}
        {view.signInOnly
          ? 'wants to know who you are'
          : view.scopes.some(({ already }) => already) && view.scopes.some(({ already }) => !already)
            ? 'asks for more'
            : view.elsewhere
              ? `wants to use ${view.resource} in your name`
              : 'wants to work in your Tandem'}
      </h1>
      {client.verifiedDomain ? (
        <p className="mt-1 flex items-center gap-1.5 text-sm text-muted">
          <BadgeCheck size={16} className="shrink-0 text-accent" aria-hidden />
          <span className="min-w-0">
            From{' '}
            <strong className="font-medium text-ink [overflow-wrap:anywhere]">{client.verifiedDomain}</strong>
            , which vouches for it
          </span>
        </p>
      ) : client.registration === 'manual' ? (
        <p className="mt-1 flex items-center gap-1.5 text-sm text-muted">
          <BadgeCheck size={16} className="shrink-0 text-accent" aria-hidden /> Added by an administrator of
          this Tandem
        </p>
      ) : (
        <p className="mt-1 flex items-start gap-1.5 text-sm text-muted">
          <CircleHelp size={16} className="mt-0.5 shrink-0 text-amber" aria-hidden />
          <span>
            <strong className="font-medium text-ink">Unverified app.</strong> It chose its name itself.
            Continue only if you started this.
          </span>
        </p>
      )}
      <ul className="mt-4 divide-y divide-line rounded-md border border-line text-table">
        {redirect && (
          <li className="flex items-center gap-2 px-3 py-2">
            <CornerUpLeft size={16} className="shrink-0 text-faint" aria-hidden />
            <span className="min-w-0 [overflow-wrap:anywhere]">{destination(redirect)}</span>
          </li>
        )}
        {device && <DeviceFacts device={device} />}
        <li className="flex items-center gap-2 px-3 py-2">
          <PersonMark name={person.name} size={16} />
          <span className="min-w-0 grow [overflow-wrap:anywhere]">
            <span className="sr-only">Signed in as </span>
            {person.name} <span className="text-faint">{person.email}</span>
          </span>
          <button
            type="button"
            className="shrink-0 rounded-sm font-medium text-accent hover:underline"
            onClick={() => void signOut()}
          >
            Not you?
          </button>
        </li>
      </ul>
    </header>
  )
}

/** What to compare before saying yes to a device that is somewhere else (RFC 8628 §5.4). */
function DeviceFacts({ device }: { device: NonNullable<ConsentView['device']> }) {
  return (
    <li className="flex items-start gap-2 px-3 py-2">
      <MonitorSmartphone size={16} className="mt-0.5 shrink-0 text-faint" aria-hidden />
      <span className="min-w-0 [overflow-wrap:anywhere]">
        The answer goes to the device that shows{' '}
        <strong className="font-semibold tracking-wide whitespace-nowrap">{device.code}</strong>
        <span className="block text-faint">
          It asked {ago(device.askedAt)}, from the address {device.ip}
        </span>
      </span>
    </li>
  )
}

function destination(redirect: NonNullable<ConsentView['redirect']>) {
  if (redirect.loopback) return 'The answer goes to an app on this computer'
  if (redirect.appScheme) return `The answer opens an app on this device (${redirect.host})`
  return (
    <>
      The answer goes to <strong className="font-medium">{redirect.host}</strong>
    </>
  )
}

async function signOut() {
  await api('DELETE', '/session').catch(() => null)
  location.assign(signInPath())
}
