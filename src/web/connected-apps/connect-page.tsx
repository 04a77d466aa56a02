import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { bootstrapOptions, mcpAddressesOptions } from '../api/queries.ts'
import { Page, Section } from '../shell/page.tsx'
import { ChoiceField } from '../ui/choice.tsx'
import { CopyBlock } from './copy-block.tsx'

/** How to bring an agent in: one address, and where each app wants it. */
export function ConnectPage() {
  const { data } = useQuery(bootstrapOptions)
  const issuer = data?.state === 'signed-in' ? data.issuer : location.origin
  const { data: addresses = [] } = useQuery(mcpAddressesOptions)
  const [chosen, choose] = useState('')
  // What was switched off meanwhile can't be chosen any more.
  const own = { name: 'tandem', url: `${issuer}/mcp` }
  const { name, url } = addresses.find((one) => one.url === chosen) ?? own
  const local = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])/.test(issuer)
  useEffect(() => {
    document.title = 'Connect an agent · Tandem'
  }, [])
  return (
    <Page
      title="Connect an agent"
      lead="Give your assistant this address. It sends you back here to decide what it may do; until then it can do nothing."
    >
      {addresses.length > 1 && (
        <div className="mb-3 flex flex-wrap items-center gap-3">
          <span className="text-sm">It works with</span>
          <ChoiceField
            label="It works with"
            className="w-64 max-w-full"
            value={url}
            choices={addresses.map((one) => ({ value: one.url, label: one.title }))}
            onChange={choose}
          />
        </div>
      )}
      <CopyBlock label="MCP address" text={url} />
      {local && (
        <p className="mt-2 text-table text-muted">
          This Tandem runs on this computer: apps on this computer reach it, assistants in the cloud
          (claude.ai, ChatGPT) don’t. For those, run it under a public https address.
        </p>
      )}
      <div className="mt-8">
        <Section
          title="Claude"
          lead="Settings, Connectors, Add custom connector, then paste the address. Claude Code:"
        >
          <CopyBlock
            label="Command for Claude Code"
            text={`claude mcp add --transport http ${name} ${url}`}
          />
        </Section>
        <Section
          title="ChatGPT"
          lead="Settings, Apps & Connectors, turn on developer mode, then Create with this address:"
        >
          <CopyBlock label="Address for ChatGPT" text={url} />
        </Section>
        <Section title="Cursor" lead="In ~/.cursor/mcp.json, or in .cursor/mcp.json of a project:">
          <CopyBlock
            label="Configuration for Cursor"
            text={JSON.stringify({ mcpServers: { [name]: { url } } }, null, 2)}
          />
        </Section>
        <Section title="VS Code" lead="In .vscode/mcp.json, or with the command MCP: Add Server:">
          <CopyBlock
            label="Configuration for VS Code"
            text={JSON.stringify({ servers: { [name]: { type: 'http', url } } }, null, 2)}
          />
        </Section>
      </div>
      <p className="mt-8 text-table text-muted">
        Afterwards the app appears under{' '}
        <Link to="/connected-apps" className="font-medium text-accent underline underline-offset-2">
          Connected apps
        </Link>
        , where you see what it changed and end its access.
      </p>
    </Page>
  )
}
