/** Reads a day as people write it into `YYYY-MM-DD`: ISO, `31.12.2026`, `31 Dec 2026`, `today`. Null when it isn't one. */
export function readDay(text: string, now = new Date()): string | null {
  const wanted = text.trim().toLowerCase()
  const near = { yesterday: -1, today: 0, tomorrow: 1 }[wanted]
  if (near !== undefined) {
    return iso(now.getFullYear(), now.getMonth() + 1, now.getDate() + near)
  }
  const ymd = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[t ].*)?$/.exec(wanted)
  if (ymd) return checked(Number(ymd[1]), Number(ymd[2]), Number(ymd[3]))
  const dmy = /^(\d{1,2})\.(\d{1,2})\.(\d{4})$/.exec(wanted)
  if (dmy) return checked(Number(dmy[3]), Number(dmy[2]), Number(dmy[1]))
  const spoken = Date.parse(`${wanted} UTC`)
  if (!/[a-z]{3}/.test(wanted) || !/\d{4}/.test(wanted) || Number.isNaN(spoken)) return null
  return new Date(spoken).toISOString().slice(0, 10)
}

function iso(year: number, month: number, day: number): string {
  return new Date(Date.UTC(year, month - 1, day)).toISOString().slice(0, 10)
}

function checked(year: number, month: number, day: number): string | null {
  const text = iso(year, month, day)
  return Number(text.slice(5, 7)) === month && Number(text.slice(8)) === day ? text : null
}
