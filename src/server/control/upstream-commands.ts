import { addUpstreamInput } from '#contract'
import type { UpstreamDetail } from '#contract'
import { SetupError } from '#foundation'
import type { Administrator } from '#gateway'
import { z } from 'zod'
import type { Parts } from '../compose.ts'
import { command, nothing } from './command.ts'

const by = (name: string): Administrator => ({ actor: { kind: 'system', name: `tandem ${name}` } })
const one = z.strictObject({ name: z.string().min(1).max(64) })
const acceptance = one.extend({
  /** Absent: every tool that nothing speaks against. */
  tools: z.array(z.string().min(1).max(128)).max(1000).optional(),
})

/** What the command line does with upstreams. */
export const upstreamCommands = {
  'upstreams.list': command(nothing, ({ gateway }) => gateway.admin.list()),
  'upstreams.programs': command(nothing, async ({ gateway }) => gateway.admin.programs()),
  'upstreams.add': command(addUpstreamInput, ({ gateway }, { upstream, credential }) =>
    gateway.admin.create(upstream, credential, by('upstreams add')),
  ),
  'upstreams.check': command(one, async (parts, { name }) => {
    const { id } = await named(parts, name)
    return (await parts.gateway.admin.check(id, by('upstreams check'))) ?? gone(name)
  }),
  /** Whoever sees a warning says yes to that tool by its name. */
  'upstreams.accept': command(acceptance, async (parts, { name, tools }) => {
    const before = await named(parts, name)
    const waiting = before.tools.flatMap(({ name: tool, waiting: what }) => (what ? [{ tool, ...what }] : []))
    const unknown = tools?.find((tool) => !waiting.some((other) => other.tool === tool))
    if (unknown !== undefined) throw new SetupError(`No tool ${unknown} of ${name} waits`)
    const flagged = tools ? [] : waiting.filter(({ warnings }) => warnings.length > 0)
    const taken = waiting.filter((what) => (tools ? tools.includes(what.tool) : !flagged.includes(what)))
    const decisions = taken.map(({ tool, fingerprint }) => ({
      name: tool,
      decision: 'accept' as const,
      fingerprint,
    }))
    const upstream =
      decisions.length === 0
        ? before
        : ((await parts.gateway.admin.decide(before.id, decisions, by('upstreams accept'))) ?? gone(name))
    return {
      upstream,
      accepted: taken.map(({ tool }) => tool),
      flagged: flagged.map(({ tool, warnings }) => ({ tool, warnings })),
    }
  }),
  'upstreams.remove': command(one, async (parts, { name }) => {
    const { id, liveGrants } = await named(parts, name)
    if (!(await parts.gateway.admin.remove(id, by('upstreams remove')))) return gone(name)
    return { removed: true, ended: liveGrants }
  }),
} as const

async function named({ gateway }: Parts, name: string): Promise<UpstreamDetail> {
  return (await gateway.admin.view(name)) ?? gone(name)
}

function gone(name: string): never {
  throw new SetupError(`There is no upstream ${name}`)
}
