const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

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
  if (Math.abs(past) < day) return relative.format(-Math.round(past / hour), 'hour')
  if (Math.abs(past) < 7 * day) return relative.format(-Math.round(past / day), 'day')
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

/** "21 November 2026 at 09:14". */
export function fullTime(iso: string): string {
  const at = Date.parse(iso)
  return Number.isNaN(at) ? '' : full.format(at)
}
