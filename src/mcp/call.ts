import type { z } from 'zod'
import { CrmError } from '#crm'
import type { CrmErrorCode } from '#crm'
import { reportUnexpected } from '#foundation'
import type { Log } from '#foundation'
import type { Tool, ToolContext } from './tool.ts'

/** How a tool call ended. `text` is JSON: of the structured result, or of the error. */
export type CallOutcome =
  | { kind: 'ok'; result: unknown; text: string; object?: string; count?: number }
  | { kind: 'error'; code: ToolErrorCode; text: string }
  /** The grant would have to be wider; by these scopes. */
  | { kind: 'scopes'; scopes: readonly string[]; text: string }

export type ToolErrorCode = CrmErrorCode | 'internal'

/** What an agent should do next. One sentence, in the imperative. */
const nextSteps = {
  not_found: 'Check the id and object with search or describe.',
  forbidden: 'The grant or the person’s role does not allow this. Tell the person; do not retry.',
  invalid: 'Correct what `fields` names and call again. describe lists fields, kinds and options.',
  conflict: 'Look at `current`, decide again, and send the version it has.',
  too_large: 'Ask for less per call: fewer records, fields or changes.',
  timeout: 'Narrow the filter or lower the limit, then call again.',
  internal: 'Try once more. If it fails again, tell the person the id in the message.',
} as const satisfies Record<ToolErrorCode, string>

/** Parses the arguments, runs the tool and turns every failure into something an agent can act on. Never throws. */
export async function callTool(
  tool: Tool,
  sent: unknown,
  context: ToolContext,
  log: Log,
): Promise<CallOutcome> {
  const prepared = tool.prepare(sent ?? {})
  if (!prepared.ok) return failed('invalid', 'The arguments don’t fit the tool', fieldsOf(prepared.issues))
  try {
    const { result, audit } = await prepared.run(context)
    return { kind: 'ok', result, text: JSON.stringify(result), ...audit }
  } catch (error) {
    if (!(error instanceof CrmError)) return unexpected(error, tool, log)
    if (error.code === 'forbidden' && error.scopes.length > 0) return needsScopes(error)
    try {
      const current = error.code === 'conflict' ? await prepared.current?.(context) : undefined
      return failed(error.code, error.message, error.fields, current)
    } catch (nested) {
      return unexpected(nested, tool, log)
    }
  }
}

function needsScopes(error: CrmError): CallOutcome {
  const next = `Ask the person for ${error.scopes.join(' ')}.`
  return {
    kind: 'scopes',
    scopes: error.scopes,
    text: JSON.stringify({
      error: { code: 'forbidden', message: error.message, scopes: error.scopes, next },
    }),
  }
}

function failed(
  code: ToolErrorCode,
  message: string,
  fields: Readonly<Record<string, string>> = {},
  current?: unknown,
): CallOutcome {
  const error = {
    code,
    message,
    ...(Object.keys(fields).length > 0 ? { fields } : {}),
    ...(current === undefined ? {} : { current }),
    next: nextSteps[code],
  }
  return { kind: 'error', code, text: JSON.stringify({ error }) }
}

function unexpected(error: unknown, tool: Tool, log: Log): CallOutcome {
  const id = reportUnexpected(log, error, `tool ${tool.definition.name}`)
  return failed('internal', `Something went wrong here (${id})`)
}

function fieldsOf(issues: readonly z.core.$ZodIssue[]): Record<string, string> {
  return Object.fromEntries(
    issues.slice(0, 20).map((issue) => [issue.path.map(String).join('.') || 'arguments', issue.message]),
  )
}
