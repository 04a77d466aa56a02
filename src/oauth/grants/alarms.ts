/** Endings that may mean that somebody else has what only the app should have (RFC 9700 §4.14.2; OAuth 2.1 §7.5.3). */
export const alarms = {
  reused: 'A refresh token that had been replaced was used again.',
  replayed: 'Its authorization code was used a second time.',
} as const

export function isAlarming(reason: string | null): boolean {
  return Object.values(alarms).some((one) => one === reason)
}
