import type { AuthorizationDetail, AuthorizationDetailsType } from '#oauth'
import { z } from 'zod'

const report = z.strictObject({
  type: z.literal('report'),
  quarters: z.array(z.enum(['q1', 'q2', 'q3', 'q4'])).min(1),
})
const quartersOf = (detail: AuthorizationDetail): string[] => report.parse(detail).quarters

/** A type of authorization details that some module might register: reports, by quarter. */
export const reportDetails: AuthorizationDetailsType = {
  type: 'report',
  read(asked) {
    const read = report.safeParse(asked)
    return read.success ? read.data : 'a report has quarters from q1 to q4'
  },
  show: (detail) => ({
    title: 'Read the reports of',
    parts: quartersOf(detail).map((quarter) => ({ id: quarter, words: `Quarter ${quarter.slice(1)}` })),
  }),
  keep: (detail, parts) => ({
    type: 'report',
    quarters: quartersOf(detail).filter((one) => parts.includes(one)),
  }),
  covers: (wider, narrower) => quartersOf(narrower).every((quarter) => quartersOf(wider).includes(quarter)),
}
