import { upstreamLimits } from '#contract'
import type { NewUpstreamInput } from '#contract'
import { SetupError } from '#foundation'
import type { Config, Log } from '#foundation'
import type { Gateway } from '#gateway'

const by = { actor: { kind: 'system', name: 'The settings' } } as const

/**
 * The workspace of `TWENTY_BASE_URL` as the upstream `twenty`, once: what administrators make of it afterwards stays.
 * Each person uses a key of her own, unless the settings say in so many words that all share one.
 * @throws SetupError
 */
export async function addTwenty(
  gateway: Pick<Gateway, 'admin'>,
  { TWENTY_BASE_URL: url, TWENTY_API_KEY: key, TANDEM_SHARED_TWENTY_KEY: shared }: Config,
  log: Log,
): Promise<void> {
  if (url === undefined) return
  if (key !== undefined && !shared)
    throw new SetupError(
      'With TWENTY_API_KEY everybody would act in Twenty as the owner of that key. Remove it, and people store keys of their own (Settings, Keys for upstreams); or set TANDEM_SHARED_TWENTY_KEY=1 if that is what you want',
    )
  if (shared && key === undefined)
    throw new SetupError('TANDEM_SHARED_TWENTY_KEY is set and there is no TWENTY_API_KEY to share')
  if (await gateway.admin.view('twenty')) return
  const input: NewUpstreamInput = {
    kind: 'twenty',
    name: 'twenty',
    title: 'Twenty',
    url,
    baseUrls: [],
    auth:
      key === undefined
        ? { kind: 'key', header: 'Authorization', prefix: 'Bearer ' }
        : { kind: 'header', header: 'Authorization' },
    limits: upstreamLimits.parse({}),
  }
  try {
    await gateway.admin.create(input, key === undefined ? undefined : `Bearer ${key}`, by)
  } catch (error) {
    // It may be down just now: the start doesn't wait for it, the next one tries again.
    log.warn({ err: error }, 'the Twenty workspace of TWENTY_BASE_URL was not added')
  }
}
