/** Reads a number as people write it: `1 200`, `1,200.50`, `1.200,50`. Null when it isn't one. */
export function readNumber(text: string): number | null {
  const compact = text.trim().replace(/[\s\u00a0\u202f'’_]/g, '')
  if (!/^[-+−]?[\d.,]+$/.test(compact) || !/\d/.test(compact)) return null
  const sign = /^[-−]/.test(compact) ? -1 : 1
  const digits = compact.replace(/^[-+−]/, '')
  const comma = digits.lastIndexOf(',')
  const point = digits.lastIndexOf('.')
  const last = Math.max(comma, point)
  const mark = last === comma ? ',' : '.'
  const marks = digits.split(mark).length - 1
  const both = comma >= 0 && point >= 0
  // One mark followed by three digits groups thousands when it is a comma; a point is always the decimal point.
  const groups = last >= 0 && (marks > 1 || (!both && mark === ',' && digits.length - last === 4))
  const whole = last < 0 || groups ? digits.replace(/[.,]/g, '') : digits.slice(0, last).replace(/[.,]/g, '')
  const fraction = last < 0 || groups ? '' : digits.slice(last + 1)
  const value = Number(`${whole || '0'}.${fraction || '0'}`)
  return Number.isFinite(value) ? sign * value : null
}
