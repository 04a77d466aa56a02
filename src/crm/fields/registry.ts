import type { FieldKind } from '#contract'
import { actor } from './actor/actor.ts'
import { boolean } from './boolean/boolean.ts'
import { currency } from './currency/currency.ts'
import { dateTime } from './date-time/date-time.ts'
import { date } from './date/date.ts'
import { emails } from './emails/emails.ts'
import type { Field, FieldType } from './field-type.ts'
import { fullName } from './full-name/full-name.ts'
import { longText } from './long-text/long-text.ts'
import { member } from './member/member.ts'
import { number } from './number/number.ts'
import { phones } from './phones/phones.ts'
import { relation } from './relation/relation.ts'
import { select } from './select/select.ts'
import { target } from './target/target.ts'
import { text } from './text/text.ts'
import { url } from './url/url.ts'

/** Every kind of field. A kind of the contract that is missing here doesn't compile. */
export const fieldTypes = {
  text,
  long_text: longText,
  number,
  currency,
  date,
  date_time: dateTime,
  boolean,
  select,
  emails,
  phones,
  url,
  full_name: fullName,
  relation,
  member,
  target,
  actor,
} satisfies Record<FieldKind, FieldType>

export function typeOf(field: Field): FieldType {
  return fieldTypes[field.kind]
}
