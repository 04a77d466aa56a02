import { CSPProvider } from '@base-ui/react/csp-provider'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { createRoot } from 'react-dom/client'
import { memory } from '../api/queries.ts'
import { Toasts } from '../ui/toast.tsx'
import { router } from './router.tsx'

/** The application: everything behind sign-in. */
export function start() {
  const root = document.getElementById('app')
  if (!root) return
  createRoot(root).render(
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={memory}>
        <RouterProvider router={router} />
        <Toasts />
      </QueryClientProvider>
    </CSPProvider>,
  )
}
