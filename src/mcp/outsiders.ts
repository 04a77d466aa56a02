import { z } from 'zod'

/**
 * Marks results that hold text somebody outside may have written: a company's name from a form, a
 * note from an import. Models are told in the server's instructions what it means.
 */
export const outsiders = { from: 'records', trust: 'data' } as const
export const outsidersSchema = z.object({ from: z.literal('records'), trust: z.literal('data') })
