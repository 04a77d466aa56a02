import { confirm, intro, isCancel, log, password, select, spinner, text } from '@clack/prompts'
import { judge } from './questions.ts'
import type { Answers, Question } from './questions.ts'

export function begin(): void {
  intro('Tandem. Enter takes what is shown; stop with Ctrl+C and go on later.')
}

export async function goOn(message: string): Promise<boolean> {
  const answer = await confirm({ message })
  return !isCancel(answer) && answer
}

/** Asks until the answer will do; null when the person gave up. */
export async function askPerson(question: Question, usual: string, answers: Answers): Promise<string | null> {
  for (;;) {
    const answer = await once(question, usual)
    if (typeof answer === 'symbol') {
      log.info('What you answered is kept: run tandem setup again to go on.')
      return null
    }
    const value = (answer ?? '').trim()
    const looking = spinner()
    const looks = question.check !== undefined && value !== ''
    if (looks) looking.start('Looking…')
    const { kind, words } = await judge(question, value, answers)
    if (looks)
      looking.stop(kind === 'wrong' ? `✗ ${words}` : kind === 'warning' ? `! ${words}` : `✓ ${words}`)
    else if (kind === 'wrong') log.error(words)
    if (kind === 'ok' || (kind === 'warning' && (await goOn('Take it all the same?')))) return value
  }
}

function once({ kind, words }: Question, usual: string): Promise<string | symbol | undefined> {
  if (Array.isArray(kind)) return select({ message: words, options: kind, initialValue: usual })
  if (kind === 'password') return password({ message: words })
  return text({ message: words, initialValue: usual })
}
