import { parseArgs } from 'node:util'
import type { UpstreamView } from '#contract'
import { print } from './print.ts'
import { withAdmin } from './with-admin.ts'

/** `tandem upstreams list`: what is behind Tandem, and how it is. */
export async function upstreamsList(args: string[]): Promise<number> {
  const { json } = parseArgs({ args, options: { json: { type: 'boolean', default: false } } }).values
  return withAdmin(async (admin) => {
    const upstreams = await admin.run('upstreams.list', {})
    if (json) print(JSON.stringify(upstreams))
    else if (upstreams.length === 0) print('Nothing is behind Tandem yet: tandem upstreams add')
    else for (const upstream of upstreams) print(lineOf(upstream))
    return 0
  })
}

export function lineOf({ name, health, counts, resource }: UpstreamView): string {
  const state = health.state === 'trouble' ? `trouble: ${health.trouble}` : health.state
  const waiting = counts.waiting > 0 ? `, ${counts.waiting} waiting` : ''
  return `${name.padEnd(20)}  ${counts.allowed} tools${waiting}  ${state}  ${resource}`
}
