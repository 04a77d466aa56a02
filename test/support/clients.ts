import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import { auditMigrations, createAudit } from '#audit'
import { createOutwardFetch, memoryRateLimiter, memoryReplayCache, silentLog } from '#foundation'
import { createClients } from '../../src/oauth/clients/clients.ts'
import type { ClientsDependencies } from '../../src/oauth/clients/clients.ts'
import { createInitialAccessTable } from '../../src/oauth/store/initial-access-tokens.ts'
import { oauthMigrations } from '../../src/oauth/store/migrations.ts'
import type { PolicyPreset } from '#contract'
import { startingPolicy } from '../../src/oauth/clients/policy/presets.ts'
import { createPolicyTable } from '../../src/oauth/store/policy.ts'
import { createRouter } from '../../src/oauth/router/router.ts'
import type { Route } from '../../src/oauth/router/router.ts'
import { createClientTable } from '../../src/oauth/store/clients.ts'
import type { Storage } from '#storage'
import { testClock } from './clock.ts'
import { openTestStorage } from './storage.ts'

export type Json = Record<string, unknown>
const json = z.record(z.string(), z.unknown())

/** Where Mallory and everybody else outside comes from, unless a test says otherwise. */
export const outside = '198.51.100.7'

type Options = Partial<ClientsDependencies> & {
  clientPolicy?: PolicyPreset
  driver?: Storage['driver']
}

/** Clients on a real database, with a clock that stands still and a fetch that reaches this computer only. */
export async function openTestClients(options: Options = {}) {
  const clock = testClock()
  const storage = await openTestStorage([...auditMigrations, ...oauthMigrations], {
    clock,
    ...(options.driver ? { driver: options.driver } : {}),
  })
  const audit = createAudit({ storage, clock, log: silentLog, secret: 'only this test knows' })
  const table = createClientTable(storage, audit)

  /** The same database seen by an install with other settings. */
  const clientsWith = (other: Options = {}) =>
    createClients({
      policyStore: createPolicyTable(storage, audit),
      startingPolicy: startingPolicy(other.clientPolicy ?? options.clientPolicy ?? 'ask'),
      store: table,
      initialAccess: createInitialAccessTable(storage, audit),
      scopes: () => ['crm:read', 'crm:write', 'crm:delete'],
      resources: () => [{ id: 'http://localhost:3000/mcp' }],
      issuer: 'http://localhost:3000',
      clock,
      log: silentLog,
      rateLimiter: memoryRateLimiter(clock),
      replays: memoryReplayCache(clock),
      fetchDocument: createOutwardFetch({ log: silentLog, allow: 'loopback', failureFloorMs: 0 }),
      appSchemes: ['cursor', 'vscode', 'vscode-insiders'],
      ...options,
      ...other,
    })
  const clients = clientsWith()
  /** Sends a request to the registration endpoint, by the road that all requests take. */
  const send = async (request: Request, ip = outside, by = clients): Promise<Response> => {
    const shared = { cors: 'public', refusal: 'registration.refused' } as const
    const routes: Route[] = [
      { ...shared, paths: ['/oauth/register'], methods: ['POST'], endpoint: by.register },
      {
        ...shared,
        paths: ['/oauth/register/*'],
        methods: ['GET', 'PUT', 'DELETE'],
        endpoint: by.registered,
      },
    ]
    const handle = createRouter({ routes, count: async () => ({}), audit, log: silentLog })
    const answer = await handle(request, { ip })
    if (!answer) throw new Error(`nobody answers ${request.url}`)
    return answer
  }

  return {
    clients,
    clientsWith,
    table,
    storage,
    audit,
    clock,
    send,
    /** Registers as a stranger would: `body` is metadata, or the raw text to send. */
    async register(body: Json | string, { ip = outside, by = clients } = {}) {
      const request = new Request('http://localhost:3000/oauth/register', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      })
      const response = await send(request, ip, by)
      return { status: response.status, headers: response.headers, body: json.parse(await response.json()) }
    },
    async count(): Promise<number> {
      const { sql } = await import('#storage')
      const counted = await sql<{ n: number }>`select count(*) as n from client`.execute(storage.db<never>())
      return counted.rows[0]?.n ?? 0
    },
    async close() {
      table.close()
      await audit.close()
      await storage.close()
    },
  }
}
export type TestClients = Awaited<ReturnType<typeof openTestClients>>

type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** A web server of somebody else's, on this computer. `answer` may be replaced at any time; `seen` counts. */
export async function openTestServer(first: Handler) {
  const state = { answer: first, seen: [] as IncomingMessage[] }
  const server = createServer((request, response) => {
    state.seen.push(request)
    state.answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    state,
    port: address.port,
    origin: `http://127.0.0.1:${address.port}`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Serves `body` as JSON with these headers. */
export function jsonAnswer(body: unknown, headers: Record<string, string> = {}): Handler {
  return (_request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json', ...headers })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }
}
