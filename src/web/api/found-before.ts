/**
 * What was found for fewer letters stays on the page until the answer for these is there, as far as it has them too:
 * Enter must not pick what nobody typed.
 */
export function foundBefore<T extends { label: string }>(found: readonly T[], text: string): T[] {
  return found.filter(({ label }) => label.toLowerCase().includes(text.toLowerCase()))
}
