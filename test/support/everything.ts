import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { freePort } from './tandem.ts'

export type Everything = { url: string; close(): Promise<void> }

/** The official example server with everything in it (npm), as a remote server of the older revisions. */
export async function startEverything(): Promise<Everything> {
  const port = await freePort()
  const main = createRequire(import.meta.url).resolve('@modelcontextprotocol/server-everything/dist/index.js')
  const child = spawn(process.execPath, [main, 'streamableHttp'], {
    env: { PATH: process.env['PATH'], PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  let said = ''
  const listening = new Promise<void>((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-2000)
      if (said.includes('listening')) resolve()
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    void ended.then(() => reject(new Error(`server-everything ended:\n${said}`)))
  })
  await listening
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    async close() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
