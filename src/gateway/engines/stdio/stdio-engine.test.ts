import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { silentLog, systemClock } from '#foundation'
import type { Log, StdioServer } from '#foundation'
import { textOf } from '../../../../test/support/mcp-clients.ts'
import { lives, oddServer } from '../../../../test/support/stdio-servers.ts'
import { engineClients, testEndings, upstreamOf } from '../bridge/engine-clients.fixture.ts'
import { stdioEngine } from './stdio-engine.ts'

const names = ['look', 'echo', 'wait', 'hog', 'big', 'hang', 'freeze', 'die', 'family', 'say'] as const
const open: (() => Promise<void>)[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()))
})

type Setting = {
  args?: string[]
  server?: Partial<StdioServer>
  limits?: { timeoutSeconds?: number; answerBytes?: number }
  log?: Log
}

/** The odd server behind the gateway's engine, and somebody who calls its tools. */
function start({ args = [], server = {}, limits = {}, log = silentLog }: Setting = {}) {
  const upstream = upstreamOf(Object.fromEntries(names.map((name) => [name, 'write'])), { limits })
  const entry = oddServer(args, { name: 'box', ...server })
  const endings = testEndings()
  const { ended } = endings
  const engine = stdioEngine(upstream, { stdioServers: [entry], ended, clock: systemClock, log })
  const close = () => engine.close()
  open.push(close)
  const clients = engineClients(engine, upstream)
  const as = async (person: string) => {
    const client = await clients.modern(person)
    return async (name: (typeof names)[number], sent: Record<string, unknown> = {}) => {
      const result = await client.callTool({ name, arguments: sent })
      const text = textOf(result)
      return result.isError ? `! ${text}` : (JSON.parse(text) as unknown)
    }
  }
  return { engine, endings, close, as, ...clients }
}
type Look = {
  env: Record<string, string>
  argv: string[]
  cwd: string
  here: string[]
  home: string[]
  pid: number
  cancelled: number[]
}
describe('a local server', () => {
  it('says what it has, and runs once for everybody who needs no key', async () => {
    const { engine, as } = start()
    const tools = await engine.listTools({ baseUrl: 'stdio:box', headers: {}, secret: null })
    expect(tools.map(({ name }) => name)).toEqual([...names])
    const [ada, grace] = await Promise.all([as('ada'), as('grace')])
    const [hers, others] = (await Promise.all([ada('look'), grace('look')])) as [Look, Look]
    expect(hers.pid).toBe(others.pid)
  })

  it('answers each call with its own answer, however they cross', async () => {
    const { as } = start()
    const people = await Promise.all(['ada', 'grace', 'alan', 'mary'].map(as))
    const asked = people.flatMap((call, who) =>
      Array.from({ length: 8 }, async (_, at) => {
        const text = `${who}/${at}`
        expect(await call('wait', { text, ms: (7 * (at + who)) % 40 })).toBe(text)
      }),
    )
    await Promise.all(asked)
  })

  it('may print what isn’t a message', async () => {
    const call = await start({ args: ['--garbage'] }).as('ada')
    expect(await call('echo', { text: 'through' })).toBe('through')
  })

  it('may be slow to start, and everybody waits for the one start', async () => {
    const { as } = start({ args: ['--slow=700'] })
    const [ada, grace] = await Promise.all([as('ada'), as('grace')])
    expect(await Promise.all([ada('echo', { text: 1 }), grace('echo', { text: 2 })])).toEqual([1, 2])
  })

  it('may end on what comes before `initialize`: it is started again and asked as an older one', async () => {
    const call = await start({ args: ['--strict'] }).as('ada')
    expect(await call('echo', { text: 'hello' })).toBe('hello')
  })

  it('is ended when nobody calls it, and started at the next call', async () => {
    const { as } = start({ server: { idle_seconds: 1 } })
    const call = await as('ada')
    const { pid } = (await call('look')) as Look
    await expect.poll(() => lives(pid), { timeout: 8000 }).toBe(false)
    expect(((await call('look')) as Look).pid).not.toBe(pid)
  })
})

describe('a program that takes each person’s key', () => {
  const keyed = { key_variable: 'ODD_KEY', max_processes: 1 }

  it('makes room for the next person by ending who rests', async () => {
    const { as } = start({ server: keyed })
    const [ada, grace] = [await as('ada'), await as('grace')]
    const hers = (await ada('look')) as Look
    const others = (await grace('look')) as Look
    expect([hers.env['ODD_KEY'], others.env['ODD_KEY']]).toEqual(['ada', 'grace'])
    await expect.poll(() => lives(hers.pid), { timeout: 5000 }).toBe(false)
  })

  it('never runs more often than it may: nobody’s call is ended for somebody else’s', async () => {
    const { as } = start({ server: keyed })
    const [ada, grace] = [await as('ada'), await as('grace')]
    await ada('echo')
    const waiting = ada('wait', { text: 'mine', ms: 400 })
    expect(await grace('echo')).toContain('too many calls')
    expect(await waiting).toBe('mine')
    expect(await grace('echo', { text: 'now' })).toBe('now')
  })
})

describe('a local server in trouble', () => {
  it('that was killed in the middle of a call fails that call, and the next one works', async () => {
    const { as } = start()
    const call = await as('ada')
    const { pid } = (await call('look')) as Look
    const waiting = call('hang')
    await new Promise((resolve) => setTimeout(resolve, 100))
    process.kill(pid, 'SIGKILL')
    expect(await waiting).toContain('can’t be reached')
    await expect.poll(() => call('echo', { text: 'again' }), { timeout: 5000 }).toBe('again')
  })

  it('that ends right after each start rests, longer each time', async () => {
    const call = await start({ args: ['--never'] }).as('ada')
    expect(await call('echo')).toContain('can’t be reached')
    expect(await call('echo')).toContain('isn’t asked for a moment')
  })

  it('that is no program is trouble, in words without its path', async () => {
    const call = await start({ server: { command: '/nowhere/at-all' } }).as('ada')
    expect(await call('echo')).toBe('! Box can’t be reached just now. Try again in a minute')
  })

  it('that never speaks is given up after its time to start', async () => {
    const call = await start({ args: ['--mute'], server: { start_seconds: 1 } }).as('ada')
    expect(await call('echo')).toContain('can’t be reached')
  })

  it('that answers one call never is told so, and others go on', async () => {
    const { as } = start({ limits: { timeoutSeconds: 1 } })
    const call = await as('ada')
    const { pid } = (await call('look')) as Look
    expect(await call('hang')).toContain('in time')
    const after = (await call('look')) as Look
    expect(after.pid).toBe(pid)
    expect(after.cancelled).toHaveLength(1)
  })

  it('G7 hears that a call is cancelled whose grant ended, and goes on', async () => {
    const { as, endings, recorded } = start()
    const [call, others] = [await as('ada'), await as('grace')]
    const { pid } = (await call('look')) as Look
    const hung = call('hang')
    hung.catch(() => undefined)
    // Answered after it in one pipe: by then the other one is there.
    await others('echo', { text: 'x' })
    endings.end()
    await expect(hung).rejects.toThrow('What is allowed here changed')
    const after = (await call('look')) as Look
    expect([after.pid, after.cancelled.length]).toEqual([pid, 1])
    expect(recorded).toContain('hang failed cancelled')
  })

  it('that stopped altogether is ended, and later calls get a new one', async () => {
    const { as } = start({ limits: { timeoutSeconds: 1 } })
    const call = await as('ada')
    const { pid } = (await call('look')) as Look
    expect(await call('freeze')).toContain('in time')
    await expect.poll(() => lives(pid), { timeout: 10_000 }).toBe(false)
    await expect.poll(() => call('echo', { text: 'new' }), { timeout: 10_000 }).toBe('new')
  }, 20_000)

  it('that uses more memory than it may is ended', async () => {
    const { as } = start({ server: { memory_mb: 200 } })
    const call = await as('ada')
    const { pid } = (await call('look')) as Look
    expect(await call('hog', { mb: 600 })).toContain('can’t be reached')
    expect(lives(pid)).toBe(false)
  })

  it('that answers with too much fails that call alone', async () => {
    const { as } = start({ limits: { answerBytes: 2048 } })
    const call = await as('ada')
    const waiting = call('wait', { text: 'still here', ms: 300 })
    // One that is read and measured, one that isn't even read.
    expect(await call('big', { bytes: 4000 })).toContain('more than may pass')
    expect(await call('big', { bytes: 4_000_000 })).toContain('more than may pass')
    expect(await waiting).toBe('still here')
  })
})

describe('an end', () => {
  it('of Tandem is the end of the program and of what it started, however stubborn', async () => {
    const { as, close } = start({ args: ['--stubborn'] })
    const call = await as('ada')
    const { pid } = (await call('look')) as Look
    const grandchild = Number(await call('family'))
    expect([lives(pid), lives(grandchild)]).toEqual([true, true])
    await close()
    expect(lives(pid)).toBe(false)
    await expect.poll(() => lives(grandchild)).toBe(false)
  })

  it('of a program is the end of what it started', async () => {
    const call = await start().as('ada')
    const grandchild = Number(await call('family'))
    await call('die')
    await expect.poll(() => lives(grandchild)).toBe(false)
  })

  it('of Tandem doesn’t wait for a program that is still starting', async () => {
    const { engine, close } = start({ args: ['--slow=60000'] })
    const asked = engine.listTools({ baseUrl: 'stdio:box', headers: {}, secret: null })
    asked.catch(() => undefined)
    await new Promise((resolve) => setTimeout(resolve, 200))
    await close()
    await expect(asked).rejects.toThrow()
  })

  it('of Tandem that nobody announced is one all the same', async () => {
    const owner = spawn(
      process.execPath,
      [fileURLToPath(new URL('child-owner.fixture.ts', import.meta.url))],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    const [said] = (await once(owner.stdout, 'data')) as [Buffer]
    const pid = Number(said.toString())
    expect(lives(pid)).toBe(true)
    owner.kill('SIGKILL')
    await expect.poll(() => lives(pid), { timeout: 5000 }).toBe(false)
  })
})
