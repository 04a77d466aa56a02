import { CSPProvider } from '@base-ui/react/csp-provider'
import { createRoot } from 'react-dom/client'
import { ConsentPage } from './consent-page.tsx'

/** Consent runs alone: no router, no cache, no application around it. */
export function start() {
  const id = decodeURIComponent(location.pathname.split('/')[2] ?? '')
  const root = document.getElementById('app')
  if (!root) return
  createRoot(root).render(
    <CSPProvider disableStyleElements>
      <ConsentPage id={id} />
    </CSPProvider>,
  )
}
