const minute = 60_000
const hour = 60 * minute
const dayLong = 24 * hour

const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto', style: 'short' })
const short = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })
const withYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' })
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'long', timeStyle: 'short' })

/** "4 min. ago", "yesterday", "12 Mar". */
export function ago(iso: string, now = Date.now()): string {
  const at = Date.parse(iso)
  if (Number.isNaN(at)) return ''
  const past = now - at
  if (Math.abs(past) < minute) return 'just now'
  if (Math.abs(past) < hour) return relative.format(-Math.round(past / minute), 'minute')
  if (Math.abs(past) < dayLong) return relative.format(-Math.round(past / hour), 'hour')
  if (Math.abs(past) < 7 * dayLong) return relative.format(-Math.round(past / dayLong), 'day')
  return day3(at)
}

function day3(at: number): string {
  const sameYear = new Date(at).getFullYear() === new Date().getFullYear()
  return (sameYear ? short : withYear).format(at)
}

/** "12 Mar" this year, "12 Mar 2024" otherwise; in local time. */
export function shortDay(iso: string): string {
  const at = Date.parse(iso)
  return Number.isNaN(at) ? '' : day3(at)
}

/** "today", "yesterday", "12 Mar": for what is known by the day. */
export function day(iso: string, now = new Date()): string {
  const at = new Date(iso)
  const days = Math.round((midnight(now) - midnight(at)) / dayLong)
  return days === 0 || days === 1 ? relative.format(-days, 'day') : shortDay(iso)
}

function midnight(at: Date): number {
  return new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime()
}

/** "21 November 2026 at 09:14". */
export function fullTime(iso: string): string {
  const at = Date.parse(iso)
  return Number.isNaN(at) ? '' : full.format(at)
}
