/**
 * True when a pattern of a rule names this host (`host` as in WHATWG URL: lower case, a port only when it isn't
 * the scheme's own). Whole labels alone: `*.claude.ai` is not `evilclaude.ai`, and `claude.ai` is not
 * `claude.ai.evil.example` (attacks D7).
 */
export function matchesHost(pattern: string, host: string): boolean {
  return pattern.startsWith('*.')
    ? host.length > pattern.length - 1 && host.endsWith(pattern.slice(1))
    : host === pattern
}
