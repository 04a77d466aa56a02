import { z } from 'zod'
import { jsonList } from './json-list.ts'

const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'is no name of a variable')

/**
 * A program that may run here. Only who owns the machine names one: an administrator's browser that was taken over
 * must not be a shell.
 */
const stdioServer = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'is lower-case letters, digits and hyphens'),
  command: z.string().min(1).max(1000),
  args: z.array(z.string().max(4000)).max(100).default([]),
  /** All that the program sees of the environment beside PATH, HOME and LANG. */
  env: z.record(variable, z.string().max(8000)).default({}),
  /** The variable that gets the caller's own key; each person has a process of her own then. */
  key_variable: variable.optional(),
  /** Where it runs; absent: an empty directory of its own. */
  cwd: z.string().min(1).max(1000).optional(),
  /** What it and the processes that it starts may use together; more ends them. Measured on Linux only. */
  memory_mb: z.number().int().min(16).max(65_536).default(512),
  /** Seconds from its start until it speaks; npx may have to fetch a package first. */
  start_seconds: z.number().int().min(1).max(600).default(60),
  /** Processes of this program at once; matters with `key_variable`. */
  max_processes: z.number().int().min(1).max(1000).default(16),
  /** Seconds without a call after which the process is ended. */
  idle_seconds: z.number().int().min(1).max(86_400).default(300),
})
export type StdioServer = z.infer<typeof stdioServer>

/** `TANDEM_STDIO_SERVERS`: local MCP servers that administrators may put behind the gateway, as JSON. */
export const stdioServers = jsonList(stdioServer, 50).refine(
  (all) => new Set(all.map(({ name }) => name)).size === all.length,
  'names one server twice',
)
