import { parseArgs } from 'node:util'
import { SetupError } from '#foundation'

/**
 * `tandem twenty --stdio`: a Twenty workspace as a local MCP server, for one person and without an install. The key comes
 * from the environment only: arguments can be read by everybody on the computer.
 */
export async function twenty(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { stdio: { type: 'boolean', default: false } } })
  if (!values.stdio)
    throw new SetupError(
      'Say how: tandem twenty --stdio. To share a workspace with sign-in: tandem upstreams add twenty URL',
    )
  const key = process.env['TWENTY_API_KEY']?.trim()
  if (!key) throw new SetupError('Set TWENTY_API_KEY to your key (in Twenty: Settings, APIs & Webhooks)')
  if (!/^[\x21-\x7e]+$/.test(key)) throw new SetupError('TWENTY_API_KEY holds something that is no key')
  const baseUrl = process.env['TWENTY_BASE_URL']?.trim() || 'https://api.twenty.com'
  if (!URL.canParse(baseUrl) || !/^https?:$/.test(new URL(baseUrl).protocol))
    throw new SetupError('TWENTY_BASE_URL is no address such as https://crm.example.com')
  const { serveTwenty } = await import('#server')
  await serveTwenty({ baseUrl, key })
  return 0
}
