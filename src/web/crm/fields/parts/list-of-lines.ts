import { nothing, plain, type Parsed } from '../field-ui.ts'

export function linesOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}

/** Several values on one line, separated by commas, semicolons or line breaks. */
export function parseLines(text: string, isGood: (one: string) => boolean, problem: string): Parsed {
  const parts = text
    .split(/[,;\n]/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
  if (parts.length === 0) return nothing
  return parts.every(isGood) ? plain([...new Set(parts)]) : { problem }
}
