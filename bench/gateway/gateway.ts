import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { authorizeFor, fromPage, tandemFlow } from '../flows/tandem.ts'
import type { Options } from '../options.ts'
import { profileServer } from '../profile.ts'
import { pinned } from '../pin.ts'
import { benchDir } from '../places.ts'
import { number, table } from '../report.ts'
import { cores } from '../rounds.ts'
import { freePort, startServer } from '../server.ts'
import type { Server } from '../server.ts'
import { spread } from '../statistics.ts'
import { tandemEmbedded } from '../tandem.ts'
import { expectStatus, Visitor } from '../visitor.ts'
import type { Answered, Ask, Measured } from './load.ts'
import type { Work } from './work.ts'

const ways = ['direct', 'bare proxy', 'bare proxy, remembering', 'mcp-proxy', 'tandem'] as const
type Way = (typeof ways)[number]
type Sample = {
  way: Way
  measure: 'alone' | 'together' | 'stream'
  round: number
  measured: Measured
  cpuMs: number
}

/** Half as long, and the just-in-time compiler is still at work in what is measured. */
const warmUpSeconds = 12

/** What the gateway adds to a call: beside asking the upstream itself, and beside the least that a gateway can be. */
export async function measureGateway(options: Options, say: (line: string) => void): Promise<string> {
  const running: { pid: number; stop(): Promise<void> }[] = []
  const load = startLoad()
  try {
    // The upstream shares the core of whoever asks: the other one is for what stands in between.
    const upstream = await startServer(() => peer('mcp-upstream.mjs'), cores.generator)
    running.push(upstream)
    const tandem = await startTandem(upstream.origin, say)
    running.push({ pid: tandem.server.pid, stop: tandem.stop })
    const proxy = (file: string, remember = false) =>
      startServer(
        () =>
          peer(file, {
            UPSTREAM: `${upstream.origin}/mcp`,
            ISSUER: tandem.server.origin,
            RESOURCE: `${tandem.server.origin}/mcp/bench`,
            ...(remember && { REMEMBER: '1' }),
          }),
        cores.server,
      )
    const plain = await proxy('bare-proxy.mjs')
    running.push(plain)
    const remembering = await proxy('bare-proxy.mjs', true)
    running.push(remembering)
    const other = await proxy('mcp-proxy.mjs', true)
    running.push(other)
    const servers: Record<Way, { server: Server; path: string }> = {
      direct: { server: upstream, path: '/mcp' },
      'bare proxy': { server: plain, path: '/mcp' },
      'bare proxy, remembering': { server: remembering, path: '/mcp' },
      'mcp-proxy': { server: other, path: '/mcp' },
      tandem: { server: tandem.server, path: '/mcp/bench' },
    }
    const take = async (
      way: Way,
      measure: Sample['measure'],
      round: number,
      seconds = options.seconds,
    ): Promise<Sample> => {
      const { server, path } = servers[way]
      // They share a core: what another does after its turn, such as collecting garbage, isn't this one's.
      for (const { pid } of running) if (pid !== upstream.pid) rest(pid, round >= 0 && pid !== server.pid)
      const before = server.cpu()
      const measured = await load.ask({
        origin: server.origin,
        path,
        token: tandem.token,
        work: measure === 'stream' ? 'stream' : 'call',
        connections: measure === 'together' ? options.connections : 1,
        seconds,
      })
      return { way, measure, round, measured, cpuMs: ((server.cpu() - before) * 1000) / measured.count }
    }
    say('warming up')
    for (const way of ways) {
      if (does(way, 'stream')) await take(way, 'stream', -1)
      await take(way, 'together', -1, warmUpSeconds)
    }
    const samples: Sample[] = []
    for (let round = 0; round < options.rounds; round++) {
      say(`round ${round + 1} of ${options.rounds}`)
      for (const measure of ['alone', 'together', 'stream'] as const)
        for (let n = 0; n < ways.length; n++) {
          const way = ways[(n + round) % ways.length]
          if (way && does(way, measure)) samples.push(await take(way, measure, round))
        }
    }
    return report(samples, options)
  } finally {
    load.stop()
    for (const one of running.toReversed()) {
      rest(one.pid, false)
      await one.stop()
    }
  }
}

/** Where the time of one call, or of one stream, goes in Tandem. */
export async function profileGateway(
  work: Work,
  options: Options,
  say: (line: string) => void,
): Promise<string> {
  const upstream = await startServer(() => peer('mcp-upstream.mjs'), cores.generator)
  const load = startLoad()
  const inspect = await freePort()
  const tandem = await startTandem(upstream.origin, say, inspect)
  try {
    const ask = (seconds: number) =>
      load.ask({
        origin: tandem.server.origin,
        path: '/mcp/bench',
        token: tandem.token,
        work,
        connections: options.connections,
        seconds,
      })
    await ask(warmUpSeconds)
    return await profileServer(`gateway, ${work}`, () => ask(options.seconds), {
      server: tandem.server,
      inspect,
      options,
    })
  } finally {
    load.stop()
    await tandem.stop()
    await upstream.stop()
  }
}

function rest(pid: number, should: boolean): void {
  if (process.platform !== 'win32') process.kill(pid, should ? 'SIGSTOP' : 'SIGCONT')
}

/** Of a stream mcp-proxy passes only what its own client asked for on. */
function does(way: Way, measure: Sample['measure']): boolean {
  return way !== 'mcp-proxy' || measure !== 'stream'
}

function peer(file: string, env: Record<string, string> = {}) {
  return { args: [join(benchDir, 'peers', file)], env, readyPath: '/' }
}

/** Tandem with the upstream behind it, and a token that somebody was given for it. */
async function startTandem(upstream: string, say: (line: string) => void, inspect?: number) {
  const place = await tandemEmbedded.fresh()
  const settings = inspect === undefined ? {} : { inspect }
  const server = await startServer((origin) => place.launch(origin), cores.server, settings)
  const stop = async () => {
    await server.stop()
    await place.remove()
  }
  try {
    say('tandem: signing in')
    const visitor = new Visitor(server.origin, 0)
    await tandemFlow.signIn(visitor)
    const headers = fromPage(visitor)
    const limits = { atOnce: 1000, atOnceEach: 100, timeoutSeconds: 60, answerBytes: 64 * 1024 * 1024 }
    const wanted = {
      kind: 'http',
      name: 'bench',
      title: 'Bench',
      url: `${upstream}/mcp`,
      auth: { kind: 'none' },
      limits,
    }
    const added = await visitor.ask('/api/upstreams', { json: { upstream: wanted }, headers })
    const { upstream: made } = JSON.parse(expectStatus(added, 200).text) as {
      upstream: { id: string; tools: { name: string; waiting: { fingerprint: string } }[] }
    }
    const tools = made.tools.map(({ name, waiting: { fingerprint } }) => ({
      name,
      decision: 'accept',
      fingerprint,
    }))
    expectStatus(
      await visitor.ask(`/api/upstreams/${made.id}/tools/decision`, { json: { tools }, headers }),
      200,
    )
    const client = await tandemFlow.register(visitor)
    const { access } = await authorizeFor(visitor, client, {
      resource: `${server.origin}/mcp/bench`,
      scope: 'bench:read',
    })
    return { server, token: access, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function startLoad() {
  const file = fileURLToPath(new URL('load.ts', import.meta.url))
  const [command, args] = pinned(cores.generator, process.execPath, [file])
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  let next = 0
  return {
    ask: (ask: Omit<Ask, 'id'>) =>
      new Promise<Measured>((resolve, reject) => {
        const id = next++
        const hear = (answer: Answered) => {
          if (answer.id !== id) return
          child.off('message', hear)
          if ('error' in answer) reject(new Error(answer.error))
          else resolve(answer.measured)
        }
        child.on('message', hear)
        child.send({ ...ask, id })
      }),
    stop: () => void child.kill(),
  }
}

function report(samples: readonly Sample[], { markdown }: Options): string {
  const of = (way: Way, measure: Sample['measure'], value: (sample: Sample) => number) =>
    samples.filter((sample) => sample.way === way && sample.measure === measure).map(value)
  /** Compared round by round: neighbours in time. */
  const against = (
    to: Way,
    measure: Sample['measure'],
    value: (sample: Sample) => number,
    how: 'less' | 'per',
  ) => {
    const base = of(to, measure, value)
    return spread(
      of('tandem', measure, value).map((own, at) => {
        const other = base[at] ?? Number.NaN
        return how === 'less' ? own - other : own / other
      }),
    ).median
  }
  const rows = ways.map((way) => {
    const middle = (measure: Sample['measure'], value: (sample: Sample) => number) =>
      number(spread(of(way, measure, value)).median)
    return [
      way,
      middle('alone', ({ measured }) => measured.p50),
      middle('alone', ({ measured }) => measured.p99),
      middle('together', ({ measured }) => measured.count / measured.seconds),
      middle('together', ({ measured }) => measured.p99),
      middle('together', ({ cpuMs }) => cpuMs),
      middle('stream', ({ measured }) => measured.megabytes / measured.seconds),
      middle('stream', ({ cpuMs }) => cpuMs),
    ]
  })
  const head = [
    'way',
    'p50 ms',
    'p99 ms',
    'calls/s',
    'p99 ms',
    'CPU ms a call',
    'stream MB/s',
    'CPU ms a stream',
  ]
  const p50 = ({ measured }: Sample) => measured.p50
  const p99 = ({ measured }: Sample) => measured.p99
  const cpu = ({ cpuMs }: Sample) => cpuMs
  const added = against('direct', 'alone', p50, 'less')
  const bars = [
    ['added at the median, one caller: < 1 ms', `${number(added)} ms`, added < 1 ? 'pass' : 'MISS'],
    ['added at p99, one caller', `${number(against('direct', 'alone', p99, 'less'))} ms`, ''],
    ['times direct at the median', number(against('direct', 'alone', p50, 'per')), ''],
    ...(['bare proxy', 'bare proxy, remembering', 'mcp-proxy'] as const).map((way) => {
      const times = against(way, 'together', cpu, 'per')
      return [`CPU of a call, times ${way}: < 1.1`, number(times), times < 1.1 ? 'pass' : 'MISS']
    }),
    [
      'CPU of a stream, times bare proxy, remembering',
      number(against('bare proxy, remembering', 'stream', cpu, 'per')),
      '',
    ],
  ]
  return [table(head, rows, markdown), table(['bar', 'median of rounds', ''], bars, markdown)].join('\n\n')
}
