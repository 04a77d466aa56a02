/** One figure of the rate limits, as the documentation and the administrator's page show it. */
export type RateFigure = {
  name: string
  /** What is counted, in words. */
  what: string
  /** Who has a count of their own. */
  by: 'address' | 'address and app' | 'app' | 'grant'
  limit: number
  /** Seconds. */
  window: number
}
