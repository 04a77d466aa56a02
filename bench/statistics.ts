export type Spread = { min: number; median: number; max: number }

/** NaN members when there is nothing. */
export function spread(values: readonly number[]): Spread {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b)
  const middle = sorted.length / 2
  const median =
    sorted.length % 2 === 1
      ? sorted[Math.floor(middle)]
      : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2
  return {
    min: sorted[0] ?? Number.NaN,
    median: median ?? Number.NaN,
    max: sorted.at(-1) ?? Number.NaN,
  }
}
