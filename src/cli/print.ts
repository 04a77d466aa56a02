/** A line on standard output. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** A text that somebody else chose: no escape sequence and no change of direction reaches the terminal. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, '')
}
