/** A stdio server that does what it is told, good or bad. By hand: no SDK would misbehave like this. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, writeSync } from 'node:fs'
import { createInterface } from 'node:readline'

const option = (name: string) =>
  process.argv.find((each) => each.startsWith(`--${name}=`))?.slice(name.length + 3)
const flag = (name: string) => process.argv.includes(`--${name}`)

type Sent = Record<string, unknown>
type Message = {
  id?: number
  method?: string
  params?: { name?: string; arguments?: Sent; requestId?: number }
}

const write = (message: object) => writeSync(1, `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
const cancelled: number[] = []
const held: Buffer[] = []
let greeted = false

const tools: Record<string, (sent: Sent) => unknown> = {
  look: () => ({
    env: process.env,
    // Of values that don't come through: whose they are.
    marks: Object.fromEntries(
      Object.entries(process.env).map(([name, value = '']) => [
        name,
        createHash('sha256').update(value).digest('hex').slice(0, 16),
      ]),
    ),
    argv: process.argv.slice(2),
    cwd: process.cwd(),
    here: readdirSync('.'),
    home: readdirSync(process.env['HOME'] ?? '/nowhere'),
    pid: process.pid,
    cancelled,
  }),
  echo: ({ text }) => text,
  wait: async ({ text, ms }) => {
    await new Promise((resolve) => setTimeout(resolve, Number(ms)))
    return text
  },
  hog: async ({ mb }) => {
    for (let at = 0; at < Number(mb); at += 16) {
      held.push(Buffer.alloc(16 * 1024 * 1024, 1))
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    return held.length
  },
  big: ({ bytes }) => 'x'.repeat(Number(bytes)),
  hang: () => new Promise(() => undefined),
  freeze: () => {
    for (;;);
  },
  die: () => process.exit(3),
  family: () => spawn('sleep', ['600'], { stdio: 'ignore' }).pid,
  say: ({ text }) => void process.stderr.write(`${String(text)}\n`),
}

const answer = async ({ id, method, params }: Message): Promise<void> => {
  if (method === 'notifications/cancelled' && params?.requestId !== undefined)
    cancelled.push(params.requestId)
  if (id === undefined || flag('mute')) return
  if (flag('strict') && !greeted && method !== 'initialize') process.exit(1)
  if (flag('garbage'))
    writeSync(1, 'Loading model… 50%\n{"jsonrpc":"1.0","half":\n\u0000\u0001\n[1,2,3]\n"text"\n')
  switch (method) {
    case 'initialize':
      greeted = true
      return void write({
        id,
        result: {
          protocolVersion: '2025-06-18',
          capabilities: { tools: {} },
          serverInfo: { name: 'odd', version: '1' },
        },
      })
    case 'ping':
      return void write({ id, result: {} })
    case 'tools/list':
      return void write({
        id,
        result: { tools: Object.keys(tools).map((name) => ({ name, inputSchema: { type: 'object' } })) },
      })
    case 'tools/call': {
      const tool = tools[params?.name ?? '']
      const said = await tool?.(params?.arguments ?? {})
      return void write({ id, result: { content: [{ type: 'text', text: JSON.stringify(said ?? null) }] } })
    }
    default:
      write({ id, error: { code: -32601, message: 'Method not found' } })
  }
}

if (flag('never')) process.exit(7)
setTimeout(
  () =>
    createInterface({ input: process.stdin }).on('line', (line) => void answer(JSON.parse(line) as Message)),
  Number(option('slow') ?? 0),
)
if (flag('stubborn')) {
  process.on('SIGTERM', () => undefined)
  setInterval(() => undefined, 1000)
}
