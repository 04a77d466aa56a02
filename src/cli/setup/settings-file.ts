import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { SetupError } from '#foundation'
import { z } from 'zod'
import type { Answers } from './questions.ts'

export const settingsFile = 'tandem.config.json'
const unfinished = `${settingsFile}.unfinished`
const kept = z.record(z.string(), z.unknown())

/** Whole or not at all, for its owner only. */
function write(file: string, value: unknown): void {
  const draft = `${file}.${process.pid}`
  rmSync(draft, { force: true })
  const handle = openSync(draft, 'wx', 0o600)
  try {
    writeSync(handle, `${JSON.stringify(value, null, 2)}\n`)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  renameSync(draft, file)
}

function read(file: string): Record<string, unknown> {
  if (!existsSync(file)) return {}
  try {
    return kept.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch (cause) {
    throw new SetupError(`${file} is not a JSON object. Correct it, or begin anew with --reset`, { cause })
  }
}

/** The settings there are; those that aren't text, or a list of it, stay as they are and aren't asked for. */
export function readSettings(): Record<string, unknown> {
  return read(settingsFile)
}

/** What was answered before somebody stopped in the middle. */
export function readUnfinished(): Answers {
  return Object.fromEntries(
    Object.entries(read(unfinished)).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  )
}

/** But for her password, which no file holds: it is asked again. */
export function keepUnfinished(answers: Answers): void {
  const { 'administrator-password': _, ...others } = answers
  write(unfinished, others)
}

export function forgetUnfinished(): void {
  rmSync(unfinished, { force: true })
}

/** Puts the settings in the place of those there were, which stay beside them. Resolves to where. */
export function writeSettings(value: Record<string, unknown>): string | null {
  const backup = keepOld()
  write(settingsFile, value)
  forgetUnfinished()
  return backup
}

/** A copy of the settings that were there, readable by its owner only. */
function keepOld(): string | null {
  if (!existsSync(settingsFile)) return null
  const backup = `${settingsFile}.${new Date().toISOString().replaceAll(/[:.]/g, '-')}`
  writeFileSync(backup, readFileSync(settingsFile), { mode: 0o600, flag: 'wx' })
  return backup
}

export function newInstallSecret(): string {
  return randomBytes(32).toString('base64url')
}
