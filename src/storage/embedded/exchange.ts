import type { Parameter } from '../parameters.ts'
import { readAnswer } from './answer.ts'
import type { Answer } from './answer.ts'
import type { DatabaseThread, Fate } from './database-thread.ts'
import type { Statements } from './statements.ts'

export type Exchange = {
  sql: string
  parameters: Parameter[]
  answered(answer: Answer): void
  lost(fate: Fate): void
}

/** Sends one statement, prepared when it is asked again and again, and reads its answer. */
export function exchange(thread: DatabaseThread, statements: Statements, request: Exchange): void {
  const { sql, parameters, answered, lost } = request
  // Several statements in one text need the simple protocol; it has no parameters.
  if (parameters.length === 0 && sql.includes(';')) {
    const reply = (bytes: Buffer, from: number, to: number) => answered(readAnswer(bytes, from, to))
    thread.request((writer) => writer.simple(sql), reply, lost)
    return
  }
  const { statement, prepare, evicted } = statements.use(sql)
  const ready = statement.state === 'ready'
  const name = prepare || ready ? statement.name : ''
  const known = ready ? statement.columns : undefined
  thread.request(
    (writer) => {
      if (evicted !== undefined) writer.closeStatement(evicted)
      if (!ready) writer.parse(name, sql)
      writer.execute(name, parameters, known === undefined)
    },
    (bytes, from, to) => {
      const answer = readAnswer(bytes, from, to, known)
      if (prepare) statement.state = answer.parsed ? 'ready' : 'seen'
      if (name !== '' && answer.columns) statement.columns = answer.columns
      if (isOutdatedPlan(answer)) statements.forget(sql)
      answered(answer)
    },
    lost,
  )
}

/** A schema change made the prepared form useless; the statement itself is fine. */
export function isOutdatedPlan({ error }: Answer): boolean {
  return error?.code === '0A000' && error.routine === 'RevalidateCachedQuery'
}
