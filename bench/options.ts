import { parseArgs } from 'node:util'
import { measures, operations, states, type Measure, type Operation } from './operations.ts'
import { works, type Work } from './gateway/work.ts'
import { systems, type System } from './systems.ts'

export const usage = `npm run bench -- [options]
  --quick             3 rounds of 1 s (default: 5 rounds of 3 s)
  --rounds N          how often each system gets its turn
  --seconds N         how long one turn lasts
  --only a,b          of: ${measures.join(', ')}
  --systems a,b       of: ${systems.map(({ name }) => name).join(', ')}
  --connections N     clients at once (default 16)
  --profile a         one operation, with the functions and threads that take the time
                      (with --gateway one of: ${works.join(', ')})
  --spam N            N registrations from ever new addresses (attack D9 asks for 100000), and what stays of them
  --gateway           what the gateway adds to a call: beside the upstream itself and a bare proxy with a token check
  --markdown          tables as markdown, for docs
`

export type Options = {
  rounds: number
  seconds: number
  connections: number
  measures: readonly Measure[]
  systems: readonly System[]
  profile: Operation | null
  /** What of the gateway is profiled. */
  profileGateway: Work | null
  /** How many registrations; null measures everything else. */
  spam: number | null
  gateway: boolean
  markdown: boolean
}

/** Throws a sentence that names the wrong option. */
export function readOptions(argv: string[]): Options | 'help' {
  const { values } = parseArgs({
    args: argv,
    options: {
      quick: { type: 'boolean' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      only: { type: 'string' },
      systems: { type: 'string' },
      connections: { type: 'string' },
      profile: { type: 'string' },
      spam: { type: 'string' },
      gateway: { type: 'boolean' },
      markdown: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  })
  if (values.help) return 'help'
  return {
    rounds: count('--rounds', values.rounds) ?? (values.quick ? 3 : 5),
    seconds: count('--seconds', values.seconds) ?? (values.quick ? 1 : 3),
    connections: count('--connections', values.connections) ?? 16,
    measures: chosen('--only', values.only, measures),
    systems: chosen(
      '--systems',
      values.systems,
      systems.map(({ name }) => name),
    ).flatMap((name) => systems.filter((system) => system.name === name)),
    profile: values.gateway ? null : one('--profile', values.profile, operations),
    profileGateway: values.gateway ? one('--profile', values.profile, works) : null,
    spam: count('--spam', values.spam) ?? null,
    gateway: values.gateway ?? false,
    markdown: values.markdown ?? false,
  }
}

export function isState(measure: Measure): boolean {
  return (states as readonly Measure[]).includes(measure)
}

function count(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (!(value > 0)) throw new Error(`${option} wants a number above zero, not ${text}`)
  return value
}

function one<T extends string>(option: string, text: string | undefined, known: readonly T[]): T | null {
  return text === undefined ? null : (chosen(option, text, known)[0] ?? null)
}

function chosen<T extends string>(option: string, text: string | undefined, known: readonly T[]): T[] {
  const wanted = text?.split(',').map((part) => part.trim().replaceAll('_', ' '))
  const unknown = wanted?.find((name) => !known.some((one) => one === name))
  if (unknown !== undefined) throw new Error(`${option}: ${unknown} is none of: ${known.join(', ')}`)
  return known.filter((name) => !wanted || wanted.includes(name))
}
