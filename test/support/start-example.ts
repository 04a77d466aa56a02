import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** Runs a program of `examples/` as its README says; resolves, when it serves, to what stops it. */
export async function startExample(
  script: string,
  env: Record<string, string>,
): Promise<() => Promise<void>> {
  const path = fileURLToPath(new URL(`../../examples/${script}`, import.meta.url))
  const child = spawn(process.execPath, [path], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const gone = once(child, 'exit')
  const opened = once(createInterface({ input: child.stdout }), 'line')
  await Promise.race([opened, gone.then(() => Promise.reject(new Error(`${script} ended`)))])
  return async () => {
    child.kill('SIGKILL')
    await gone
  }
}
