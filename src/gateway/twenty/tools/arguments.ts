import { z } from 'zod'

/** Arguments that several tools have. */
export const id = (of: string) => z.guid('is no id (UUID)').describe(`Id of the ${of}`)
export const line = z.string().trim().min(1).max(255)
export const text = z.string().max(20_000)
export const link = z.url({ protocol: /^https?$/ }).max(2000)
/** `acme.example`, with or without http(s) before it: Twenty shows it as a link, and `javascript:` is none of ours (C7). */
export const isWebAddress = (value: string) =>
  /^(?:https?:\/\/)?[^\s:/@]+(?::\d{1,5})?(?:[/?#]\S*)?$/i.test(value)
/** A day or a moment (ISO 8601). */
export const when = z
  .string()
  .max(40)
  .refine(
    (value) => /^\d{4}-\d\d-\d\d/.test(value) && !Number.isNaN(Date.parse(value)),
    'is no ISO 8601 date',
  )
export const limit = z.int().min(1).max(60).default(20)
/** Twenty has cursors only: what is skipped is read, so it is bounded. */
export const offset = z.int().min(0).max(600).default(0)
/** Up to a billion of the currency, in its own units. */
export const money = z.number().min(-1e12).max(1e12)
export const currency = z
  .string()
  .regex(/^[A-Za-z]{3}$/, 'is no currency code such as EUR')
  .toUpperCase()
export const optionName = z.string().regex(/^[A-Za-z0-9_]{1,63}$/, 'is no name of an option, such as NEW')

/** The first moment of a day, or the moment itself. */
export function from(value: string | undefined): string | undefined {
  return value === undefined ? undefined : new Date(value).toISOString()
}

/** The last moment of a day that was given without a time, or the moment itself. */
export function until(value: string | undefined): string | undefined {
  if (value === undefined) return undefined
  const date = new Date(value)
  return (/^\d{4}-\d\d-\d\d$/.test(value) ? new Date(date.getTime() + 86_399_999) : date).toISOString()
}
