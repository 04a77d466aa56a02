import { z } from 'zod'

/** A setting that is a list: in the file as it is, in the environment as JSON. */
export function jsonList<T extends z.ZodType>(item: T, most: number) {
  const text = z.string().transform((text, context) => {
    try {
      return JSON.parse(text || '[]') as unknown
    } catch {
      context.addIssue({ code: 'custom', message: 'is not valid JSON' })
      return z.NEVER
    }
  })
  return z.union([z.array(z.unknown()), text]).pipe(z.array(item).max(most))
}
