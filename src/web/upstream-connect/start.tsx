import { CSPProvider } from '@base-ui/react/csp-provider'
import { QueryClientProvider } from '@tanstack/react-query'
import { createRoot } from 'react-dom/client'
import { memory } from '../api/queries.ts'
import { UpstreamConnectPage } from './upstream-connect-page.tsx'

/** Like consent, it runs without the application around it. */
export function start() {
  const root = document.getElementById('app')
  if (!root) return
  createRoot(root).render(
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={memory}>
        <UpstreamConnectPage />
      </QueryClientProvider>
    </CSPProvider>,
  )
}
