/** What is asked through the gateway: a short call, or one that answers with thousands of events. */
export const works = ['call', 'stream'] as const
export type Work = (typeof works)[number]
