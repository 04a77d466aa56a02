import { z } from 'zod'
import type { TargetOf } from './plan.ts'

const reference = z.object({ $ref: z.string() })
const description = z.object({
  components: z.object({
    schemas: z.record(
      z.string(),
      z.looseObject({
        properties: z
          .record(z.string(), z.looseObject({ oneOf: z.array(z.unknown()).optional() }).catch({}))
          .catch({}),
      }),
    ),
  }),
})

/** The metadata API doesn't say where relations lead; the workspace's own OpenAPI description does. */
export function relationTargets(document: unknown): TargetOf {
  const parsed = description.safeParse(document)
  const schemas = parsed.success ? parsed.data.components.schemas : {}
  return (object, field) => {
    const schema = schemas[`${capital(object)}ForResponse`] ?? schemas[capital(object)]
    const [first] = schema?.properties[field]?.oneOf ?? []
    const target = reference.safeParse(first)
    const name = target.success ? /\/([A-Za-z0-9]+?)(?:ForResponse)?$/.exec(target.data.$ref)?.[1] : undefined
    return name === undefined ? null : name.charAt(0).toLowerCase() + name.slice(1)
  }
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}
