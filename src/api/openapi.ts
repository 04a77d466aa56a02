import { z } from 'zod'
import type { Route } from './route.ts'

/** The OpenAPI 3.1 document of the routes, from the schemas that check the requests. */
export function openApiDocument(issuer: string, routes: Route[]): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Tandem', version: '1' },
    servers: [{ url: `${issuer}/api` }],
    paths,
    components: {
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: 'tandem_session' },
        oauth: { type: 'openIdConnect', openIdConnectUrl: `${issuer}/.well-known/openid-configuration` },
      },
      schemas: {
        Error: {
          type: 'object',
          required: ['error', 'message'],
          properties: {
            error: { type: 'string', description: 'A code for programs' },
            message: { type: 'string', description: 'A sentence for people' },
            fields: { type: 'object', additionalProperties: { type: 'string' } },
            id: { type: 'string', description: 'What the log calls an unexpected error' },
          },
        },
      },
    },
  }
}

function operation({ path, summary, access, scope, body, query }: Route): Record<string, unknown> {
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  const error = { content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } } }
  return {
    summary,
    parameters: [...inPath, ...queryParameters(query)],
    ...(body
      ? { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(body) } } } }
      : {}),
    responses: { '2XX': { description: 'Done' }, default: { description: 'Refused', ...error } },
    ...(access === 'anyone' ? {} : { security: security(access, scope) }),
  }
}

function security(access: Route['access'], scope: string | undefined): Record<string, string[]>[] {
  return access === 'crm' ? [{ session: [] }, { oauth: [scope ?? 'crm:read'] }] : [{ session: [] }]
}

function queryParameters(query: z.ZodType | undefined): unknown[] {
  if (!query) return []
  const { properties = {}, required = [] } = schemaOf(query)
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }))
}

function schemaOf(schema: z.ZodType) {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
}
