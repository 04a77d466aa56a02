import { settings } from '#foundation'
import {
  checkDatabase,
  checkDirectory,
  checkIssuer,
  checkMail,
  checkOrigin,
  checkPort,
  checkTwenty,
} from './checks.ts'
import type { Verdict } from './checks.ts'

/** Answers by name: settings in capitals, the guide's own in small letters. */
export type Answers = Record<string, string>

export type Question = {
  name: string
  words: string
  kind: 'text' | 'password' | { value: string; label: string; hint?: string }[]
  /** What is likely, given what was answered. Empty: may be left out. */
  usual(answers: Answers): string
  /** Not asked where it makes no sense. */
  when?(answers: Answers): boolean
  check?(value: string, answers: Answers): Promise<Verdict>
}

const isPublic = ({ TANDEM_URL: url = '' }: Answers) => url.startsWith('https:')
const onServer = ({ database }: Answers) => database === 'server'
const withProvider = ({ provider }: Answers) => provider !== undefined && provider !== 'none'

/** The guide, in its order. */
export const questions: Question[] = [
  {
    name: 'TANDEM_URL',
    words: 'The address that people and agents will use',
    kind: 'text',
    usual: () => 'http://localhost:3000',
    check: checkOrigin,
  },
  {
    name: 'PORT',
    words: 'The port to listen on',
    kind: 'text',
    usual: ({ TANDEM_URL: url = '' }) => (isPublic({ TANDEM_URL: url }) ? '3000' : new URL(url).port || '80'),
    check: (value) =>
      /^\d{1,5}$/.test(value) && Number(value) < 65_536
        ? checkPort(Number(value), '127.0.0.1')
        : Promise.resolve({ kind: 'wrong', words: 'A number up to 65535' }),
  },
  {
    name: 'TANDEM_TRUSTED_PROXIES',
    words: 'Addresses of the proxies in front, which bring https',
    kind: 'text',
    usual: () => '127.0.0.1',
    when: isPublic,
  },
  {
    name: 'database',
    words: 'Where the data lives',
    kind: [
      { value: 'embedded', label: 'In a directory', hint: 'nothing to install' },
      { value: 'server', label: 'In a PostgreSQL', hint: 'several replicas' },
    ],
    usual: ({ DATABASE_URL: url }) => (url ? 'server' : 'embedded'),
  },
  {
    name: 'TANDEM_DATA_DIR',
    words: 'The directory',
    kind: 'text',
    usual: () => './data',
    when: (answers) => !onServer(answers),
    check: checkDirectory,
  },
  {
    name: 'DATABASE_URL',
    words: 'The PostgreSQL',
    kind: 'text',
    usual: () => 'postgres://tandem@localhost:5432/tandem',
    when: onServer,
    check: checkDatabase,
  },
  {
    name: 'TANDEM_CLIENT_POLICY',
    words: 'An agent that nobody here has used before',
    kind: [
      { value: 'ask', label: 'waits for an administrator' },
      { value: 'open', label: 'may be allowed by anybody' },
      { value: 'local', label: 'is let in only from the person’s own computer' },
      { value: 'closed', label: 'isn’t let in' },
    ],
    usual: () => 'ask',
  },
  {
    name: 'TANDEM_SMTP_URL',
    words: 'A mail server, to tell administrators who waits (empty: none)',
    kind: 'password',
    usual: () => '',
    check: checkMail,
  },
  {
    name: 'TANDEM_MAIL_FROM',
    words: 'Whom mails come from',
    kind: 'text',
    usual: ({ TANDEM_URL: url = '' }) => `Tandem <tandem@${new URL(url).hostname}>`,
    when: ({ TANDEM_SMTP_URL: mail }) => Boolean(mail),
  },
  {
    name: 'provider',
    words: 'How people sign in, beside passwords and passkeys',
    kind: [
      { value: 'none', label: 'No other way' },
      { value: 'google', label: 'Google' },
      { value: 'microsoft', label: 'Microsoft' },
      { value: 'okta', label: 'Okta' },
      { value: 'clerk', label: 'Clerk' },
      { value: 'other', label: 'Another OpenID provider' },
    ],
    usual: () => 'none',
  },
  {
    name: 'provider-issuer',
    words: 'Its issuer',
    kind: 'text',
    usual: () => '',
    when: (answers) => withProvider(answers) && answers['provider'] !== 'google',
    check: checkIssuer,
  },
  { name: 'provider-id', words: 'The client id there', kind: 'text', usual: () => '', when: withProvider },
  {
    name: 'provider-secret',
    words: 'The client secret there',
    kind: 'password',
    usual: () => '',
    when: withProvider,
  },
  {
    name: 'twenty',
    words: 'A Twenty workspace to reach through Tandem (empty: none)',
    kind: 'text',
    usual: () => '',
    check: checkTwenty,
  },
  {
    name: 'TANDEM_IP_ALLOWLIST',
    words: 'Addresses that agents may come from (empty: any)',
    kind: 'text',
    usual: () => '',
  },
  {
    name: 'administrator',
    words: 'The first administrator’s e-mail (empty: a one-time page at the first start)',
    kind: 'text',
    usual: () => '',
  },
  {
    name: 'administrator-password',
    words: 'Her password',
    kind: 'password',
    usual: () => '',
    when: ({ administrator }) => Boolean(administrator),
  },
]

/** What may not be left empty although its usual answer is. */
const needed = new Set(['provider-issuer', 'provider-id', 'provider-secret', 'administrator-password'])

/** Judges an answer: by the setting's own rule, then by looking. */
export async function judge(question: Question, value: string, answers: Answers): Promise<Verdict> {
  if (value === '') {
    const may = question.usual(answers) === '' && !needed.has(question.name)
    return may ? { kind: 'ok', words: '' } : { kind: 'wrong', words: 'This one is needed' }
  }
  const { kind, name, check } = question
  if (Array.isArray(kind) && !kind.some((option) => option.value === value))
    return { kind: 'wrong', words: `One of ${kind.map((option) => option.value).join(', ')}` }
  if (name in settings.shape) {
    const parsed = settings.partial().safeParse({ [name]: value })
    if (!parsed.success)
      return { kind: 'wrong', words: parsed.error.issues[0]?.message ?? 'It can’t be that' }
  }
  return check ? check(value, answers) : { kind: 'ok', words: '' }
}
