/** What to put into each client so that it finds this install. */
export function toPaste(issuer: string): [client: string, what: string][] {
  const url = `${issuer}/mcp`
  const json = (value: unknown) => JSON.stringify(value)
  const hosted = issuer.startsWith('https:')
    ? `paste ${url}`
    : 'needs a public https address: it comes from the internet'
  return [
    ['Claude Code', `claude mcp add --transport http tandem ${url}`],
    ['Claude', `Settings → Connectors → Add custom connector: ${hosted}`],
    ['ChatGPT', `Settings → Apps & Connectors → Developer mode → Create: ${hosted}`],
    ['Cursor', `.cursor/mcp.json  ${json({ mcpServers: { tandem: { url } } })}`],
    ['VS Code', `.vscode/mcp.json  ${json({ servers: { tandem: { type: 'http', url } } })}`],
    ['Codex', `codex mcp add tandem --url ${url}`],
    ['others, over stdio', `npx mcp-remote ${url}`],
  ]
}
