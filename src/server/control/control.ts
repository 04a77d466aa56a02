import { createHmac, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SetupError, newSecret, reportUnexpected, sameSecret } from '#foundation'
import type { Log } from '#foundation'
import { z } from 'zod'
import type { Parts } from '../compose.ts'
import { isCommand, runCommand } from './commands.ts'

const fileName = 'control.json'
const note = z.object({ port: z.number(), token: z.string() })
const maxBytes = 64 * 1024

/**
 * The embedded database has one owner, the running server; commands ask it through a port on this computer
 * that only who can read the data directory finds the token for.
 */
export async function openControl(
  dataDir: string,
  parts: Parts,
  log: Log,
): Promise<{ close(): Promise<void> }> {
  const token = newSecret('control')
  const server = createServer({ headersTimeout: 5000, requestTimeout: 10_000 }, (request, response) => {
    const end = (status: number, body: unknown): void => {
      response
        .writeHead(status, { 'Content-Type': 'application/json', Connection: 'close' })
        .end(JSON.stringify(body))
    }
    const [, nonce] = /^\/proof\/([\w-]{32})$/.exec(request.url ?? '') ?? []
    if (request.method === 'GET' && nonce !== undefined) return end(200, { proof: proofOf(token, nonce) })
    if (!sameSecret(request.headers.authorization ?? '', `Bearer ${token}`))
      return end(401, { message: 'Not allowed' })
    const command = request.url?.slice(1) ?? ''
    if (request.method !== 'POST' || !isCommand(command)) return end(404, { message: 'No such command' })
    readBody(request)
      .then((body) => runCommand(parts, command, JSON.parse(body)))
      .then(
        (result) => end(200, { result }),
        (error: unknown) => end(400, { message: sentenceOf(error, log) }),
      )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve())
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const file = join(dataDir, fileName)
  const draft = `${file}.${process.pid}`
  rmSync(draft, { force: true })
  writeFileSync(draft, JSON.stringify({ port, token }), { mode: 0o600, flag: 'wx' })
  if (process.platform !== 'win32') chmodSync(draft, 0o600)
  renameSync(draft, file)
  return {
    async close() {
      rmSync(file, { force: true })
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** Asks the running server, or resolves to null when none runs on this data directory. */
export async function askControl(
  dataDir: string,
  command: string,
  input: unknown,
): Promise<{ result: unknown } | null> {
  let found: z.infer<typeof note>
  try {
    found = note.parse(JSON.parse(readFileSync(join(dataDir, fileName), 'utf8')))
  } catch {
    return null
  }
  const origin = `http://127.0.0.1:${found.port}`
  if (!(await proves(origin, found.token))) return null
  const response = await fetch(`${origin}/${command}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${found.token}` },
    body: JSON.stringify(input),
  }).catch(() => null)
  // A note that a killed server left behind: nobody answers, or somebody who doesn't know the token.
  if (!response || response.status === 401) return null
  const body: unknown = await response.json().catch(() => null)
  const parsed = z.object({ result: z.unknown().optional(), message: z.string().optional() }).safeParse(body)
  if (!parsed.success) return null
  if (!response.ok) throw new SetupError(parsed.data.message ?? 'The running Tandem refused')
  return { result: parsed.data.result }
}

/** A killed server's port may be somebody else's by now: nobody is told a secret before she shows that she is the one. */
async function proves(origin: string, token: string): Promise<boolean> {
  const nonce = randomBytes(24).toString('base64url')
  try {
    const response = await fetch(`${origin}/proof/${nonce}`, { signal: AbortSignal.timeout(10_000) })
    const { proof } = z.object({ proof: z.string() }).parse(await response.json())
    return sameSecret(proof, proofOf(token, nonce))
  } catch {
    return false
  }
}

function proofOf(token: string, nonce: string): string {
  return createHmac('sha256', token).update(nonce).digest('base64url')
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk)
    size += bytes.length
    if (size > maxBytes) throw new SetupError('Too long')
    chunks.push(bytes)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Refusals of ours have sentences for people; everything else is in the log. */
function sentenceOf(error: unknown, log: Log): string {
  if (error instanceof z.ZodError)
    return error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
  if (
    error instanceof Error &&
    ['SetupError', 'OAuthError', 'UpstreamError', 'SyntaxError'].includes(error.name)
  )
    return error.message
  return `Something went wrong (${reportUnexpected(log, error, 'control')})`
}
