import { AjvJsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/ajv-provider.js'
import { openApiDocument } from './twenty-double.ts'
import type { TwentyCall } from './twenty-double.ts'

type Json = Record<string, unknown>
type Parameter = { name: string; in: string; required?: boolean; schema: Json }
type Body = { content: { 'application/json': { schema: Json } } }
type Operation = {
  parameters?: { $ref: string }[]
  requestBody?: Body
  responses: Record<string, Body | { $ref: string }>
}
type Document = {
  paths: Record<string, Record<string, Operation>>
  components: { parameters: Record<string, Parameter>; responses: Record<string, Body>; schemas: Json }
}

const validator = new AjvJsonSchemaValidator()
const validators = new Map<string, (value: unknown) => string | undefined>()

/**
 * What Twenty's description says against a request or an answer; nothing when they agree. Members that it doesn't name
 * are faults here. It never says what may be null, and much is: null passes.
 */
export function faultsOf(
  call: Pick<TwentyCall, 'method' | 'path' | 'query' | 'body'>,
  answer?: { status: number; body: unknown },
): string[] {
  const [, rest = ''] = /^\/rest(\/.*)$/.exec(call.path) ?? []
  const which = rest.startsWith('/metadata/') ? 'metadata' : 'core'
  const document = openApiDocument(which) as Document
  const path = which === 'metadata' ? rest.slice('/metadata'.length) : rest
  const template = Object.keys(document.paths).find((one) =>
    new RegExp(`^${one.replace('{id}', '[0-9a-f-]{36}')}$`).test(path),
  )
  const operation = template && document.paths[template]?.[call.method.toLowerCase()]
  if (!template || !operation) return [`${call.method} ${path} isn’t described`]
  const at = `${which} ${call.method} ${template}`
  const check = (key: string, schema: Json, value: unknown): string[] => {
    const known = validators.get(key) ?? compile(schema, document)
    validators.set(key, known)
    const fault = known(value)
    return fault === undefined ? [] : [`${key}: ${fault}`]
  }
  const parameters = (operation.parameters ?? []).map(
    ({ $ref }) => document.components.parameters[$ref.split('/').at(-1) ?? ''],
  )
  const faults = [...call.query].flatMap(([name, text]) => {
    const parameter = parameters.find((one) => one?.in === 'query' && one.name === name)
    if (!parameter) return [`${at} has no parameter ${name}`]
    const value = parameter.schema['type'] === 'integer' ? Number(text) : text
    return check(`${at} ${name}`, parameter.schema, value)
  })
  if (operation.requestBody)
    faults.push(...check(`${at} body`, operation.requestBody.content['application/json'].schema, call.body))
  else if (call.body !== undefined) faults.push(`${at} takes no body`)
  if (answer) {
    const response = operation.responses[answer.status]
    const described =
      response && '$ref' in response
        ? document.components.responses[response.$ref.split('/').at(-1) ?? '']
        : response
    if (!described) faults.push(`${at} never answers ${answer.status}`)
    else
      faults.push(
        ...check(`${at} ${answer.status}`, described.content['application/json'].schema, answer.body),
      )
  }
  return faults
}

function compile(schema: Json, { components }: Document): (value: unknown) => string | undefined {
  const validate = validator.getValidator(strict({ ...schema, components }) as Json)
  return (value) => {
    const result = validate(withoutNull(value))
    return result.valid ? undefined : result.errorMessage
  }
}

/** An object has the members that are named and no others. */
function strict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strict)
  if (typeof schema !== 'object' || schema === null) return schema
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, strict(value)]))
  return 'properties' in schema && !('components' in schema)
    ? { ...inner, additionalProperties: false }
    : inner
}

function withoutNull(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNull)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, one]) => one !== null)
      .map(([key, one]) => [key, withoutNull(one)]),
  )
}
