import { Link } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { CopyBlock } from '../../connected-apps/copy-block.tsx'
import { Page } from '../../shell/page.tsx'
import { Notice } from '../../ui/states.tsx'
import { memory } from '../../api/queries.ts'
import { AppForm } from './app-form.tsx'
import type { MadeApp } from './app-form.tsx'

/** Sets up an app by hand, for agents that can't introduce themselves and for servers of one's own. */
export function NewAppPage() {
  const [made, setMade] = useState<MadeApp | null>(null)
  useEffect(() => {
    document.title = 'Set up an app · Tandem'
  }, [])
  return (
    <Page
      title="Set up an app"
      lead="For an agent that can’t introduce itself, or a server of your own. Apps set up here count as approved."
    >
      {made ? (
        <Made app={made} />
      ) : (
        <AppForm
          onDone={(app) => {
            if (app) setMade(app)
            void memory.invalidateQueries({ queryKey: ['apps'] })
          }}
        />
      )}
    </Page>
  )
}

function Made({ app: { clientId, clientSecret, name } }: { app: MadeApp }) {
  const words = useRef<HTMLParagraphElement>(null)
  useEffect(() => words.current?.focus(), [])
  return (
    <div role="status" className="flex flex-col gap-4">
      <p ref={words} tabIndex={-1} className="text-sm outline-none [overflow-wrap:anywhere]">
        {name} is set up. Give it these:
      </p>
      <div>
        <h2 className="mb-1 text-table font-medium">Client id</h2>
        <CopyBlock label="Client id" text={clientId} />
      </div>
      {clientSecret && (
        <div>
          <h2 className="mb-1 text-table font-medium">Client secret</h2>
          <CopyBlock label="Client secret" text={clientSecret} />
          <div className="mt-2">
            <Notice>The secret is shown only now: Tandem keeps nothing it could show again.</Notice>
          </div>
        </div>
      )}
      <Link
        to="/settings/apps/app"
        search={{ id: clientId }}
        className="self-start text-sm font-medium text-accent underline-offset-2 hover:underline"
      >
        To the app’s page
      </Link>
    </div>
  )
}
