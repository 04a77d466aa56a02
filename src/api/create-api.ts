import { Hono } from 'hono'
import type { From } from '#identity'
import { parse, readJson, readQuery } from './body.ts'
import { createCaller } from './caller.ts'
import type { CallFrom } from './caller.ts'
import type { ApiDependencies } from './dependencies.ts'
import { ApiFailure, errorResponse } from './errors.ts'
import { openApiDocument } from './openapi.ts'
import { forAnyone } from './route.ts'
import type { Route } from './route.ts'
import { accountRoutes } from './routes/account.ts'
import { approvalRoutes } from './routes/approvals.ts'
import { auditRoutes } from './routes/audit.ts'
import { changeRoutes } from './routes/changes.ts'
import { clientRoutes } from './routes/clients.ts'
import { connectionRoutes } from './routes/connections.ts'
import { deviceRoutes } from './routes/device.ts'
import { unattendedRoutes } from './routes/unattended.ts'
import { eventRoutes } from './routes/events.ts'
import { fileRoutes } from './routes/files.ts'
import { grantRoutes } from './routes/grants.ts'
import { interactionRoutes } from './routes/interactions.ts'
import { peopleKeyRoutes } from './routes/people-keys.ts'
import { limitRoutes } from './routes/limits.ts'
import { memberRoutes } from './routes/members.ts'
import { policyRoutes } from './routes/policy.ts'
import { recordRoutes } from './routes/records.ts'
import { securityRoutes } from './routes/security.ts'
import { signInRuleRoutes } from './routes/sign-in-rules.ts'
import { signInRoutes } from './routes/sign-in.ts'
import { signingKeyRoutes } from './routes/signing-keys.ts'
import { stopRoutes } from './routes/stops.ts'
import { upstreamRoutes } from './routes/upstreams.ts'
import { viewRoutes } from './routes/views.ts'

/** REST and the web app's endpoints. Answers everything under `/api`, refusals included. */
export interface Api {
  handle(request: Request, from: CallFrom): Promise<Response>
  /** Ends the streams that are open. */
  close(): void
}

export function createApi(dependencies: ApiDependencies): Api {
  const { log, issuer } = dependencies
  const events = eventRoutes(dependencies)
  const routes: Route[] = [
    ...accountRoutes(dependencies),
    ...signInRoutes(dependencies),
    ...securityRoutes(dependencies),
    ...memberRoutes(dependencies),
    ...signInRuleRoutes(dependencies),
    ...recordRoutes(dependencies),
    ...changeRoutes(dependencies),
    ...viewRoutes(dependencies),
    ...fileRoutes(dependencies),
    ...interactionRoutes(dependencies),
    ...deviceRoutes(dependencies),
    ...unattendedRoutes(dependencies),
    ...grantRoutes(dependencies),
    ...clientRoutes(dependencies),
    ...approvalRoutes(dependencies),
    ...policyRoutes(dependencies),
    ...stopRoutes(dependencies),
    ...upstreamRoutes(dependencies),
    ...connectionRoutes(dependencies),
    ...peopleKeyRoutes(dependencies),
    ...limitRoutes(dependencies),
    ...signingKeyRoutes(dependencies),
    ...auditRoutes(dependencies),
    ...events.routes,
  ]
  let document: string | undefined
  const all = [
    ...routes,
    forAnyone('GET /openapi.json', { summary: 'This document' }, async () =>
      jsonText((document ??= JSON.stringify(openApiDocument(issuer, routes)))),
    ),
  ]
  const caller = createCaller(dependencies)

  const app = new Hono<{ Bindings: From & CallFrom }>({ strict: true }).basePath('/api')
  for (const route of all) {
    app.on(route.method, route.path, async (context) => {
      const request = context.req.raw
      const actor = await caller.identify(request, route, context.env)
      route.admit(actor)
      const query = readQuery(new URL(request.url))
      const call = {
        actor,
        body: route.body ? parse(route.body, await readJson(request)) : undefined,
        query: route.query ? parse(route.query, query) : refuseQuery(query),
        request,
        from: context.env,
        param: (name: string) => paramOf(context.req.param(name)),
      }
      return toResponse(await route.run(call))
    })
  }
  for (const path of new Set(all.map((route) => route.path))) {
    const methods = all.filter((route) => route.path === path).map((route) => route.method)
    app.all(path, () => {
      throw new ApiFailure('method_not_allowed', `Use ${methods.join(' or ')} here`, {
        headers: { Allow: methods.join(', ') },
      })
    })
  }
  app.notFound((context) => {
    const failure = new ApiFailure('not_found', 'There is no such endpoint. GET /api/openapi.json lists them')
    return errorResponse(failure, log, context.req.path)
  })
  app.onError((error, context) =>
    errorResponse(error, log, `${context.req.method} ${context.req.routePath}`, (scopes) =>
      caller.challengeFor(context.req.raw, scopes),
    ),
  )

  return {
    async handle(request, { ip, unknown, setHeader }) {
      const { headers } = request
      const from: From & CallFrom = {
        ip,
        ...(unknown && { unknown }),
        ...(setHeader && { setHeader }),
        userAgent: headers.get('user-agent'),
        cookies: headers.get('cookie'),
      }
      return app.fetch(request, from)
    },
    close: events.close,
  }
}

function paramOf(value: string | undefined): string {
  if (value === undefined || value.length > 200 || value.includes('\0') || !value.isWellFormed()) {
    throw new ApiFailure('not_found', 'There is nothing of that name')
  }
  return value
}

function refuseQuery(query: Record<string, string>): undefined {
  const [name] = Object.keys(query)
  if (name !== undefined) throw new ApiFailure('bad_request', `Unknown parameter: ${name.slice(0, 100)}`)
  return undefined
}

function jsonText(text: string): Response {
  return new Response(text, { headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' } })
}

function toResponse(value: unknown): Response {
  if (value instanceof Response) return value
  if (value === undefined)
    return new Response(null, { status: 204, headers: { 'Cache-Control': 'no-store' } })
  return jsonText(JSON.stringify(value))
}
