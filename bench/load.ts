import { betterAuthFlow } from './flows/better-auth.ts'
import type { Flow, Registered, Tokens } from './flows/flow.ts'
import type { Service } from './flows/service.ts'
import { oidcProviderFlow } from './flows/oidc-provider.ts'
import { sdkRouterFlow } from './flows/sdk-router.ts'
import { tandemFlow } from './flows/tandem.ts'
import type { Operation } from './operations.ts'
import { Visitor } from './visitor.ts'

// The load generator: its own process, so that it can sit on another core than the server it asks.

const flows = {
  tandem: tandemFlow,
  'oidc-provider': oidcProviderFlow,
  'better-auth': betterAuthFlow,
  'sdk-router': sdkRouterFlow,
} satisfies Record<string, Flow>
export type FlowName = keyof typeof flows

export type LoadRequest =
  | { do: 'prepare'; id: number; flow: FlowName; origin: string; connections: number }
  | { do: 'measure'; id: number; origin: string; operation: Operation; seconds: number; most: number }
export type Measured = {
  operation: Operation
  count: number
  seconds: number
  p50: number
  p99: number
  /** This process's own CPU, as a share of the time: near 1 means that the generator was the limit. */
  generator: number
}
export type LoadAnswer = { id: number; measured: Measured | null } | { id: number; error: string }

type Person = {
  visitor: Visitor
  client: Registered
  tokens: Tokens
  /** Null where the system's flow has no confidential clients. */
  service: Service | null
  since: number
  turn: number
}
const people = new Map<string, { flow: Flow; persons: Person[] }>()

process.on('disconnect', () => process.exit())
process.on('message', (request: LoadRequest) => {
  const answered = request.do === 'prepare' ? prepare(request).then(() => null) : measure(request)
  answered.then(
    (measured) => process.send?.({ id: request.id, measured } satisfies LoadAnswer),
    (cause: unknown) =>
      process.send?.({
        id: request.id,
        error: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause),
      } satisfies LoadAnswer),
  )
})

/** Signs `connections` browsers in and walks each through one whole flow. */
async function prepare({ flow: name, origin, connections }: Extract<LoadRequest, { do: 'prepare' }>) {
  const flow: Flow = flows[name]
  const persons: Person[] = []
  for (let n = 0; n < connections; n++) {
    const visitor = new Visitor(origin, n)
    await flow.signIn(visitor)
    const client = await flow.register(visitor)
    const tokens = await flow.authorize(visitor, client)
    const service = (await flow.service?.equip(visitor)) ?? null
    persons.push({ visitor, client, tokens, service, since: Date.now(), turn: n })
  }
  people.set(origin, { flow, persons })
}

async function measure({
  origin,
  operation,
  seconds,
  most,
}: Extract<LoadRequest, { do: 'measure' }>): Promise<Measured> {
  const ready = people.get(origin)
  if (!ready) throw new Error(`nobody prepared ${origin}`)
  const { flow, persons } = ready
  for (const person of persons) await renew(flow, person)

  const latencies: number[] = []
  const cpu = process.cpuUsage()
  const begin = performance.now()
  const end = begin + seconds * 1000
  let begun = 0
  await Promise.all(
    persons.map(async (person) => {
      for (let from = performance.now(); from < end && begun++ < most;) {
        await once(flow, operation, person)
        const to = performance.now()
        latencies.push(to - from)
        from = to
      }
    }),
  )
  const took = (performance.now() - begin) / 1000
  const used = process.cpuUsage(cpu)
  latencies.sort((a, b) => a - b)
  const at = (share: number) =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0
  return {
    operation,
    count: latencies.length,
    seconds: took,
    p50: at(0.5),
    p99: at(0.99),
    generator: (used.user + used.system) / 1e6 / took,
  }
}

async function once(flow: Flow, operation: Operation, person: Person): Promise<void> {
  const { visitor, client } = person
  switch (operation) {
    case 'discovery':
      return flow.discover(visitor)
    case 'registration':
      return void (await flow.register(visitor))
    case 'code flow':
      return void (await flow.authorize(visitor, client))
    case 'refresh':
      return void (person.tokens = await flow.refresh(visitor, client, person.tokens.refresh))
    case 'guarded call':
      return flow.call(visitor, person.tokens.access)
    case 'introspection':
      return flow.service?.introspect(visitor, serviceOf(person))
    case 'client credentials':
      return flow.service?.clientCredentials(visitor, serviceOf(person))
    case 'exchange':
      return flow.service?.exchange?.(visitor, serviceOf(person))
    case 'device':
      return flow.service?.device(visitor, serviceOf(person))
    case 'query':
      return flow.query?.(visitor, person.tokens.access, person.turn++)
  }
}

function serviceOf({ service }: Person): Service {
  if (!service) throw new Error('nobody equipped this service')
  return service
}

/** Access tokens live for minutes; a run may be longer. */
async function renew(flow: Flow, person: Person): Promise<void> {
  if (Date.now() - person.since < 4 * 60_000) return
  person.tokens = await flow.refresh(person.visitor, person.client, person.tokens.refresh)
  if (person.service) person.service = (await flow.service?.renew(person.visitor, person.service)) ?? null
  person.since = Date.now()
}
