import { parseArgs } from 'node:util'
import { addUpstreamInput } from '#contract'
import { SetupError } from '#foundation'
import type { Admin } from '#server'
import { print } from './print.ts'
import { readSecret } from './read-secret.ts'
import { printAccepted } from './upstreams-accept.ts'
import { withAdmin } from './with-admin.ts'

const usage = 'Say what to add: tandem upstreams add http URL | twenty URL | stdio PROGRAM'

/**
 * `tandem upstreams add`: puts somebody's server behind Tandem. A credential comes on standard input, never as an
 * argument that other people of this computer can read: everybody's for `--auth header`; for `--auth key` it is only
 * used to look at the tools and kept nowhere.
 */
export async function upstreamsAdd(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      name: { type: 'string' },
      title: { type: 'string' },
      auth: { type: 'string' },
      header: { type: 'string' },
      prefix: { type: 'string' },
      'client-id': { type: 'string' },
      'base-url': { type: 'string', multiple: true },
      'credential-stdin': { type: 'boolean', default: false },
      'accept-tools': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  const [kind, where] = positionals
  if (!kind || !where || positionals.length > 2) throw new SetupError(usage)
  const name = values.name ?? nameFrom(kind, where)
  const title = values.title ?? name.replaceAll('-', ' ').replace(/^./, (first) => first.toUpperCase())
  const credential = values['credential-stdin'] ? await readSecret() : undefined
  return withAdmin(async (admin) => {
    const auth = {
      kind: values.auth ?? (await usualAuth(admin, kind, where)),
      header: values.header,
      prefix: values.prefix,
      clientId: values['client-id'],
    }
    const place = kind === 'stdio' ? { server: where } : { url: where }
    const baseUrls = values['base-url']
    const input = addUpstreamInput.safeParse({
      upstream: { kind, name, title, auth: given(auth), ...place, ...(baseUrls && { baseUrls }) },
      ...(credential !== undefined && { credential }),
    })
    if (!input.success) {
      const [issue] = input.error.issues
      throw new SetupError(`${issue?.path.slice(1).join('.')}: ${issue?.message}`)
    }
    const { upstream, needsCredential } = await admin.run('upstreams.add', input.data)
    const accepted = values['accept-tools'] ? await admin.run('upstreams.accept', { name }) : null
    if (values.json) {
      const { flagged = [], upstream: after = upstream } = accepted ?? {}
      print(JSON.stringify({ ...after, needsCredential, flagged }))
      return 0
    }
    print(`${title} is behind Tandem. Agents connect to ${upstream.resource}`)
    if (accepted) printAccepted(name, accepted)
    else if (upstream.counts.waiting > 0)
      print(`${upstream.counts.waiting} tools wait for you: tandem upstreams accept ${name}`)
    if (needsCredential)
      print(`It lists its tools to people with a credential of their own: ${upstream.name}`)
    return 0
  })
}

/** Twenty takes each person's key; a program takes what its settings say; other servers say so when asked. */
async function usualAuth(admin: Admin, kind: string, where: string): Promise<string> {
  if (kind === 'twenty') return 'key'
  if (kind !== 'stdio') return 'none'
  const programs = await admin.run('upstreams.programs', {})
  return programs.find(({ name }) => name === where)?.takesKeys ? 'key' : 'none'
}

/** `https://mcp.linear.app/sse` → `linear`. */
function nameFrom(kind: string, where: string): string {
  if (kind === 'twenty') return 'twenty'
  if (kind === 'stdio') return where.slice(0, 32)
  const host = URL.canParse(where) ? new URL(where).hostname : ''
  const labels = host.split('.').filter((label) => !/^(mcp|api|www)$/.test(label))
  const [name] = labels
  if (name === undefined || labels.length < 2 || !/^[a-z][a-z0-9-]{0,31}$/.test(name))
    throw new SetupError('Say what to call it: --name NAME')
  return name
}

function given(values: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  )
}
