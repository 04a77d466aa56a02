import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from './tandem.ts'

const example = createRequire(import.meta.url).resolve(
  '@modelcontextprotocol/sdk/examples/server/simpleStreamableHttp.js',
)

/** The v1 SDK's own example: an MCP server protected by its deprecated `mcpAuthRouter`, in two ports of one process. */
export async function startSdkExample(): Promise<{
  endpoint: string
  issuer: string
  stop(): Promise<void>
}> {
  const [port, authPort] = [await freePort(), await freePort()]
  const child = spawn(process.execPath, [example, '--oauth'], {
    env: { PATH: process.env['PATH'] ?? '', MCP_PORT: String(port), MCP_AUTH_PORT: String(authPort) },
    stdio: 'ignore',
  })
  const gone = new Promise((resolve) => child.once('exit', resolve))
  const endpoint = `http://localhost:${port}/mcp`
  const issuer = `http://localhost:${authPort}`
  for (let tries = 0; ; tries++) {
    const up = await Promise.all([endpoint, `${issuer}/.well-known/oauth-authorization-server`].map(answers))
    if (up.every(Boolean)) break
    if (tries > 300 || child.exitCode !== null) throw new Error('the SDK’s example did not start')
    await pause(50)
  }
  return {
    endpoint,
    issuer,
    async stop() {
      child.kill('SIGKILL')
      await gone
    },
  }
}

const answers = (url: string) =>
  fetch(url).then(
    () => true,
    () => false,
  )
