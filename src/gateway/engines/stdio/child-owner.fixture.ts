/** Starts a program that doesn't care whether its input ended, says its number, and waits to be killed. */
import { startChild } from './child.ts'

const child = await startChild(
  {
    name: 'stubborn',
    command: process.execPath,
    args: ['-e', 'setInterval(() => undefined, 1000)'],
    env: {},
    memory_mb: 512,
    idle_seconds: 300,
    start_seconds: 60,
    max_processes: 16,
  },
  null,
)
process.stdout.write(`${child.pid}\n`)
setInterval(() => undefined, 1000)
