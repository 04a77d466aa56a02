import type { z } from 'zod'
import type { Actor } from '#identity'
import type { Crm } from '#crm'

/** What a tool may lean on while it answers one call. */
export type ToolContext = { actor: Actor; crm: Crm }

/** What a tool answers with. `audit` says what was read, for the audit log: never values. */
export type ToolAnswer<O> = { result: O; audit?: { object?: string; count?: number } }

export type ToolDefinition<I extends z.ZodType, O extends z.ZodType> = {
  name: string
  title: string
  /** Read by models: when to use it and what comes back, in as few words as do. */
  description: string
  input: I
  output: O
  kind: 'reads' | 'changes'
  /** Scopes that every call needs, whatever its arguments. */
  scopes: readonly string[]
  /** Scopes that these arguments need; at least `scopes`. Gets what the caller sent, unchecked. */
  scopesFor?: (sent: unknown) => readonly string[]
  /** True when calling again with the same arguments changes nothing more. */
  repeatable: boolean
  run(context: ToolContext, input: z.output<I>): Promise<ToolAnswer<z.input<O>>>
  /** What an agent needs to go on after a refusal, such as the records as they are now. */
  current?: (context: ToolContext, input: z.output<I>) => Promise<unknown>
}

/** A tool whose types are known to itself only; what the endpoint handles. */
export type Tool = {
  definition: Omit<ToolDefinition<z.ZodType, z.ZodType>, 'run' | 'current' | 'scopesFor'>
  scopesFor(sent: unknown): readonly string[]
  /** Parses the arguments. A failure names fields, as {@link CrmError} does. */
  prepare(sent: unknown): Prepared
}
export type Prepared =
  | { ok: false; issues: readonly z.core.$ZodIssue[] }
  | {
      ok: true
      run(context: ToolContext): Promise<ToolAnswer<unknown>>
      current: ((context: ToolContext) => Promise<unknown>) | undefined
    }

/** Ties a tool's input type to its work, then hides it. */
export function defineTool<I extends z.ZodType, O extends z.ZodType>(tool: ToolDefinition<I, O>): Tool {
  const { run, current, scopesFor, ...definition } = tool
  return {
    definition,
    scopesFor: scopesFor ?? (() => tool.scopes),
    prepare(sent) {
      const parsed = tool.input.safeParse(sent)
      if (!parsed.success) return { ok: false, issues: parsed.error.issues }
      return {
        ok: true,
        run: (context) => run(context, parsed.data),
        current: current && ((context) => current(context, parsed.data)),
      }
    },
  }
}
