import { execFile } from 'node:child_process'
import { z } from 'zod'
import { SetupError, settings } from '#foundation'

const patience = 30_000
const mostBytes = 64 * 1024
const words = z
  .array(
    z
      .string()
      .min(1)
      .max(4000)
      .regex(/^[^\0]*$/),
  )
  .min(1)
  .max(100)
const setting = 'TANDEM_VAULT_KEY_COMMAND'
const advice = `It has to print keys as TANDEM_VAULT_KEYS takes them, such as 2:KEY, and end with 0. Run it by hand to see why it doesn’t`

/**
 * Runs the operator's command once and resolves to what it printed. Without a shell, with nothing of Tandem's own
 * settings in its environment; what it says goes nowhere else, and nothing of it into an error (attacks G6).
 * @throws SetupError
 */
export async function askKeyCommand(
  command: string,
  env: Record<string, string | undefined> = process.env,
): Promise<string> {
  const [file = '', ...args] = wordsOf(command)
  const own = new Set(Object.keys(settings.shape))
  const passed = Object.fromEntries(Object.entries(env).filter(([name]) => !own.has(name)))
  return new Promise((resolve, reject) => {
    const child = execFile(
      file,
      args,
      { env: passed, timeout: patience, killSignal: 'SIGKILL', maxBuffer: mostBytes, windowsHide: true },
      (error, stdout) => {
        // Node's error holds the command line and what it wrote: neither is told.
        if (error) reject(new SetupError(`${setting} ${failureOf(error)}. ${advice}`))
        else resolve(stdout)
      },
    )
    child.stdin?.end()
  })
}

/** A JSON list of words, or words with spaces between them. Quotes would need a shell's rules: those are for JSON. */
function wordsOf(command: string): string[] {
  const parsed = words.safeParse(
    command.trim().startsWith('[') ? listIn(command) : command.trim().split(/\s+/),
  )
  if (!parsed.success || (!command.trim().startsWith('[') && /["'\\$`|;&<>]/.test(command)))
    throw new SetupError(
      `${setting} is run without a shell. Write it as words, or as a JSON list of words: ["aws", "kms", "decrypt"]`,
    )
  return parsed.data
}

function listIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function failureOf(error: Error & { code?: unknown; killed?: boolean }): string {
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return 'printed more than keys'
  if (error.killed) return `was not done after ${patience / 1000} s`
  if (error.code === 'ENOENT') return 'names a program that is not there'
  if (error.code === 'EACCES') return 'names what can’t be run'
  return typeof error.code === 'number' ? `ended with ${error.code}` : 'failed'
}
