import { CSPProvider } from '@base-ui/react/csp-provider'
import { createRoot } from 'react-dom/client'
import { JoinPage } from './join-page.tsx'
import { SetupPage } from './setup-page.tsx'
import { SignInPage } from './sign-in-page.tsx'

const pages = { 'sign-in': SignInPage, setup: SetupPage, join: JoinPage }

/** The doors: pages for people who aren't in yet. They load without the application. */
export function start() {
  const name = location.pathname.split('/')[1]
  const Page = name === 'setup' || name === 'join' ? pages[name] : pages['sign-in']
  const root = document.getElementById('app')
  if (!root) return
  createRoot(root).render(
    <CSPProvider disableStyleElements>
      <Page />
    </CSPProvider>,
  )
}
