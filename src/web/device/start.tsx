import { CSPProvider } from '@base-ui/react/csp-provider'
import { createRoot } from 'react-dom/client'
import { DevicePage } from './device-page.tsx'

/** Like consent, it runs without the application around it. */
export function start() {
  const root = document.getElementById('app')
  if (!root) return
  createRoot(root).render(
    <CSPProvider disableStyleElements>
      <DevicePage />
    </CSPProvider>,
  )
}
