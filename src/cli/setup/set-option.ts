import { readFileSync } from 'node:fs'
import { SetupError } from '#foundation'
import { isSecretValue } from '../secret-settings.ts'
import type { Answers } from './questions.ts'

/**
 * What `--set` says, by name: `NAME=VALUE`; a secret as `NAME=@FILE` or `NAME=env:VARIABLE`, since everybody on a machine
 * sees the arguments of its programs. @throws SetupError — which repeats no value.
 */
export function readSetOptions(list: readonly string[], env: Record<string, string | undefined>): Answers {
  return Object.fromEntries(list.map((pair) => readPair(pair, env)))
}

function readPair(pair: string, env: Record<string, string | undefined>): [string, string] {
  const [, name, said] = /^([A-Za-z_-]+)=(.*)$/s.exec(pair) ?? []
  if (name === undefined || said === undefined) throw new SetupError('It is --set NAME=VALUE')
  if (said.startsWith('@')) return [name, inFile(name, said.slice(1))]
  const variable = /^env:([A-Za-z_][A-Za-z0-9_]*)$/.exec(said)?.[1]
  if (variable !== undefined) {
    const value = env[variable]
    if (value === undefined) throw new SetupError(`${name}: there is no ${variable} in the environment`)
    return [name, value]
  }
  if (isSecretValue(name, said))
    throw new SetupError(
      `${name} holds a secret, and everybody on this machine sees what a program was started with. Give --set ${name}=@FILE or --set ${name}=env:VARIABLE, and change the secret if others are on this machine`,
    )
  return [name, said]
}

function inFile(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (cause) {
    throw new SetupError(`${name}: ${file} can’t be read`, { cause })
  }
}
