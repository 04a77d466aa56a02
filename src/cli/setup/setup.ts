import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { SetupError, loadConfig } from '#foundation'
import { print } from '../print.ts'
import { withAdmin } from '../with-admin.ts'
import { importSettings } from './import-settings.ts'
import { judge, questions } from './questions.ts'
import type { Answers, Question } from './questions.ts'
import {
  forgetUnfinished,
  keepUnfinished,
  readSettings,
  readUnfinished,
  settingsFile,
  writeSettings,
} from './settings-file.ts'
import { readSetOptions } from './set-option.ts'
import { toPaste } from './to-paste.ts'
import { toSettings } from './to-settings.ts'

/** Asks one question, and again until the answer will do; null when the person gave up. */
export type AskPerson = (question: Question, usual: string, answers: Answers) => Promise<string | null>

/**
 * `tandem setup`: asks, looks whether each answer works, writes the settings. `--yes` asks nobody: answers come from
 * `--set` (secrets from files and variables alone), the environment, the settings there are, and what is usual.
 */
export async function setup(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      yes: { type: 'boolean', short: 'y', default: false },
      set: { type: 'string', multiple: true, default: [] },
      reset: { type: 'boolean', default: false },
      import: { type: 'string' },
      force: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  const asked = !values.yes
  if (asked && !(process.stdin.isTTY && process.stdout.isTTY))
    throw new SetupError(
      'Nobody is there to answer: give --yes, with --set NAME=VALUE or the environment for what isn’t usual',
    )
  if (values.yes && existsSync(settingsFile) && !values.reset && !values.force)
    throw new SetupError(
      `${settingsFile} is there already. Give --force to change it, or --reset to begin anew (a copy is kept)`,
    )
  const before = values.reset ? {} : readSettings()
  if (values.reset) forgetUnfinished()
  const imported = values.import === undefined ? { answers: {}, notes: [] } : importSettings(values.import)
  const given: Answers = {
    ...textsOf(before),
    ...imported.answers,
    ...fromEnvironment(),
    ...readSetOptions(values.set, process.env),
  }
  // Providers that the settings name stay, unless an answer names another: the guide would ask for one alone.
  const keeps = before['TANDEM_SIGN_IN_WITH'] !== undefined && given['provider'] === undefined
  const asks = questions.filter(({ name }) => !keeps || name !== 'provider')
  const answers = asked ? await askAll(asks, given) : await takeAll(asks, given)
  if (!answers) return 1

  const config = toSettings({ ...unasked(given), ...answers }, before)
  const backup = writeSettings(config)
  const { issuer } = loadConfig(process.env)
  const administrator = await firstAdministrator(answers)
  const twenty = answers['twenty'] ? await addTwenty(answers['twenty'], values.json) : null
  const paste = toPaste(issuer)
  if (values.json) {
    print(
      JSON.stringify({
        file: settingsFile,
        backup,
        issuer,
        administrator,
        twenty,
        notes: imported.notes,
        paste,
      }),
    )
    return 0
  }
  print(`\n${settingsFile} is written, for you alone.${backup ? ` What was there is in ${backup}.` : ''}`)
  for (const note of imported.notes) print(`! ${note}`)
  if (administrator !== null) print(`${administrator} is the administrator.`)
  print(
    `\nStart:  npm start${administrator === null ? '   (it prints where the first administrator’s account is made)' : ''}`,
  )
  print('\nThen, in each client:\n')
  for (const [client, what] of paste) print(`${client.padEnd(20)} ${what}`)
  print(`\ntandem test tells whether all of it works.`)
  return 0
}

async function askAll(asks: readonly Question[], given: Answers): Promise<Answers | null> {
  const { askPerson, begin, goOn } = await import('./ask-person.ts')
  begin()
  if (existsSync(settingsFile) && !(await goOn(`${settingsFile} is there. Change it? A copy is kept`)))
    return null
  const earlier = readUnfinished()
  const resumed =
    Object.keys(earlier).length > 0 && (await goOn('You stopped in the middle. Go on from there?'))
  const answers: Answers = {}
  const usual: Answers = { ...given, ...(resumed && earlier) }
  for (const question of asks) {
    if (question.when && !question.when(answers)) continue
    const known = resumed && earlier[question.name]
    const answer = known
      ? known
      : await askPerson(question, usual[question.name] ?? question.usual({ ...usual, ...answers }), answers)
    if (answer === null) return null
    answers[question.name] = answer
    keepUnfinished(answers)
  }
  return answers
}

/** Nobody to ask: what can't be is an error, what doesn't work yet is told. */
async function takeAll(asks: readonly Question[], given: Answers): Promise<Answers> {
  const answers: Answers = {}
  for (const question of asks) {
    if (question.when && !question.when(answers)) continue
    const value = given[question.name] ?? question.usual({ ...given, ...answers })
    const verdict = await judge(question, value, answers)
    if (verdict.kind === 'wrong') throw new SetupError(`${question.name}: ${verdict.words}`)
    if (verdict.kind === 'warning') process.stderr.write(`${question.name}: ${verdict.words}\n`)
    answers[question.name] = value
  }
  return answers
}

/** Settings that no question asks for, such as TANDEM_LOG. */
function unasked(given: Answers): Answers {
  const asked = new Set(questions.map(({ name }) => name))
  return Object.fromEntries(
    Object.entries(given).filter(([name]) => /^[A-Z_]+$/.test(name) && !asked.has(name)),
  )
}

/** As they would be typed. Lists too, of addresses say: what isn't known as an answer would be emptied as one. */
function textsOf(before: Record<string, unknown>): Answers {
  const isText = (value: unknown) => typeof value === 'string' || typeof value === 'number'
  return Object.fromEntries(
    Object.entries(before).flatMap(([name, value]) =>
      isText(value) || (Array.isArray(value) && value.every(isText)) ? [[name, String(value)]] : [],
    ),
  )
}

/** The guide's own questions that have a setting of the same meaning. */
const inEnvironment: Record<string, string> = {
  administrator: 'TANDEM_ADMIN_EMAIL',
  'administrator-password': 'TANDEM_ADMIN_PASSWORD',
}

function fromEnvironment(): Answers {
  return Object.fromEntries(
    questions.flatMap(({ name }) => {
      const value = process.env[inEnvironment[name] ?? name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

/** Made at once, so that her password is in no file. */
async function firstAdministrator({
  administrator: email,
  'administrator-password': password,
}: Answers): Promise<string | null> {
  if (!email || !password) return null
  await withAdmin(async (admin) => {
    await admin.run('administrator.create', { email, password })
    return 0
  })
  return email
}

async function addTwenty(address: string, quiet: boolean): Promise<'added' | 'later'> {
  try {
    await withAdmin(async (admin) => {
      const upstreams = await admin.run('upstreams.list', {})
      if (upstreams.some(({ name }) => name === 'twenty')) return 0
      const own = { name: 'twenty', title: 'Twenty', url: address, auth: { kind: 'key' } } as const
      const { upstream } = await admin.run('upstreams.add', { upstream: { kind: 'twenty', ...own } })
      if (!quiet) print(`Twenty is behind Tandem. Agents connect to ${upstream.resource}`)
      return 0
    })
    return 'added'
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const words = `Twenty isn’t added yet (${error.message}). When it answers: tandem upstreams add twenty ${address}`
    if (quiet) process.stderr.write(`${words}\n`)
    else print(`! ${words}`)
    return 'later'
  }
}
