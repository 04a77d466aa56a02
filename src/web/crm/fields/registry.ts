import type { FieldKind, FieldView } from '#contract'
import { actorField } from './actor/actor.tsx'
import { booleanField } from './boolean/boolean.tsx'
import { currencyField } from './currency/currency.tsx'
import { dateTimeField } from './date-time/date-time.tsx'
import { dateField } from './date/date.tsx'
import { emailsField } from './emails/emails.tsx'
import type { FieldUi } from './field-ui.ts'
import { fullNameField } from './full-name/full-name.tsx'
import { longTextField } from './long-text/long-text.tsx'
import { memberField } from './member/member.tsx'
import { numberField } from './number/number.tsx'
import { phonesField } from './phones/phones.tsx'
import { relationField } from './relation/relation.tsx'
import { selectField } from './select/select.tsx'
import { targetField } from './target/target.tsx'
import { textField } from './text/text.tsx'
import { urlField } from './url/url.tsx'

const kinds = {
  text: textField,
  long_text: longTextField,
  number: numberField,
  currency: currencyField,
  date: dateField,
  date_time: dateTimeField,
  boolean: booleanField,
  select: selectField,
  emails: emailsField,
  phones: phonesField,
  url: urlField,
  full_name: fullNameField,
  relation: relationField,
  member: memberField,
  target: targetField,
  actor: actorField,
} satisfies Record<FieldKind, FieldUi>

/** The page's half of a field type. */
export function fieldUi(field: Pick<FieldView, 'kind'>): FieldUi {
  return kinds[field.kind]
}
