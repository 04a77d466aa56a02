import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router'
import { parseApp, parseAppSearch } from '../admin/apps/app-search.ts'
import { bootstrapOptions, memory, objectsOptions } from '../api/queries.ts'
import { signInPath } from '../api/next.ts'
import { parseAuditSearch } from '../admin/audit-search.ts'
import { parseGrantSearch } from '../admin/grant-search.ts'
import { parsePanel, parseView } from '../crm/view.ts'
import { recall } from '../ui/remembered.ts'
import { Problem, Skeleton } from '../ui/states.tsx'
import { NotFound } from './not-found.tsx'
import { SettingsLayout } from './settings-layout.tsx'
import { Shell } from './shell.tsx'

const root = createRootRoute({
  beforeLoad: async () => {
    const { state } = await memory.ensureQueryData(bootstrapOptions)
    if (state === 'signed-in') return
    location.replace(state === 'first-run' ? '/setup' : signInPath())
    // The page is on its way out: nothing of the application may draw meanwhile.
    await new Promise(() => {})
  },
  component: Shell,
  notFoundComponent: NotFound,
})

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: async () => {
    const objects = await memory.ensureQueryData(objectsOptions)
    const object = objects.find(({ name }) => name === recall('object')) ?? objects[0]
    if (object) throw redirect({ to: '/o/$object', params: { object: object.name }, replace: true })
  },
  component: NotFound,
})

const object = createRoute({
  getParentRoute: () => root,
  path: '/o/$object',
  validateSearch: parseView,
  component: lazyRouteComponent(() => import('../crm/table/object-page.tsx'), 'ObjectPage'),
})

const record = createRoute({
  getParentRoute: () => root,
  path: '/o/$object/$id',
  validateSearch: parsePanel,
  component: lazyRouteComponent(() => import('../crm/record/record-page.tsx'), 'RecordPage'),
})

const connectedApps = createRoute({
  getParentRoute: () => root,
  path: '/connected-apps',
  component: lazyRouteComponent(
    () => import('../connected-apps/connected-apps-page.tsx'),
    'ConnectedAppsPage',
  ),
})

const myConnectedApps = createRoute({
  getParentRoute: () => root,
  path: '/my/connected_apps',
  beforeLoad: () => {
    throw redirect({ to: '/connected-apps', replace: true })
  },
})

const connect = createRoute({
  getParentRoute: () => root,
  path: '/connect-an-agent',
  component: lazyRouteComponent(() => import('../connected-apps/connect-page.tsx'), 'ConnectPage'),
})

const settings = createRoute({
  getParentRoute: () => root,
  path: '/settings',
  component: SettingsLayout,
})

const settingsHome = createRoute({
  getParentRoute: () => settings,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/settings/account', replace: true })
  },
})

const members = createRoute({
  getParentRoute: () => settings,
  path: 'members',
  component: lazyRouteComponent(() => import('../admin/members-page.tsx'), 'MembersPage'),
})

const account = createRoute({
  getParentRoute: () => settings,
  path: 'account',
  component: lazyRouteComponent(() => import('../account/account-page.tsx'), 'AccountPage'),
})

const audit = createRoute({
  getParentRoute: () => settings,
  path: 'audit',
  validateSearch: parseAuditSearch,
  component: lazyRouteComponent(() => import('../admin/audit-page.tsx'), 'AuditPage'),
})

const grants = createRoute({
  getParentRoute: () => settings,
  path: 'grants',
  validateSearch: parseGrantSearch,
  component: lazyRouteComponent(() => import('../admin/grants-page.tsx'), 'GrantsPage'),
})

const emergency = createRoute({
  getParentRoute: () => settings,
  path: 'emergency',
  component: lazyRouteComponent(() => import('../admin/emergency-page.tsx'), 'EmergencyPage'),
})

const limits = createRoute({
  getParentRoute: () => settings,
  path: 'limits',
  component: lazyRouteComponent(() => import('../admin/limits-page.tsx'), 'LimitsPage'),
})

const approvals = createRoute({
  getParentRoute: () => settings,
  path: 'approvals',
  component: lazyRouteComponent(() => import('../admin/approvals/approvals-page.tsx'), 'ApprovalsPage'),
})

const policy = createRoute({
  getParentRoute: () => settings,
  path: 'policy',
  component: lazyRouteComponent(() => import('../admin/policy/policy-page.tsx'), 'PolicyPage'),
})

const keys = createRoute({
  getParentRoute: () => settings,
  path: 'keys',
  component: lazyRouteComponent(() => import('../keys/keys-page.tsx'), 'KeysPage'),
})

const signingKeys = createRoute({
  getParentRoute: () => settings,
  path: 'signing-keys',
  component: lazyRouteComponent(() => import('../admin/signing-keys-page.tsx'), 'SigningKeysPage'),
})

const apps = createRoute({
  getParentRoute: () => settings,
  path: 'apps',
  validateSearch: parseAppSearch,
  component: lazyRouteComponent(() => import('../admin/apps/apps-page.tsx'), 'AppsPage'),
})

const newApp = createRoute({
  getParentRoute: () => settings,
  path: 'apps/new',
  component: lazyRouteComponent(() => import('../admin/apps/new-app-page.tsx'), 'NewAppPage'),
})

const app = createRoute({
  getParentRoute: () => settings,
  path: 'apps/app',
  validateSearch: parseApp,
  component: lazyRouteComponent(() => import('../admin/apps/app-page.tsx'), 'AppPage'),
})

const upstreams = createRoute({
  getParentRoute: () => settings,
  path: 'upstreams',
  component: lazyRouteComponent(() => import('../admin/upstreams/upstreams-page.tsx'), 'UpstreamsPage'),
})

const newUpstream = createRoute({
  getParentRoute: () => settings,
  path: 'upstreams/new',
  component: lazyRouteComponent(() => import('../admin/upstreams/new-upstream-page.tsx'), 'NewUpstreamPage'),
})

const upstream = createRoute({
  getParentRoute: () => settings,
  path: 'upstreams/$id',
  component: lazyRouteComponent(() => import('../admin/upstreams/upstream-page.tsx'), 'UpstreamPage'),
})

const signInRules = createRoute({
  getParentRoute: () => settings,
  path: 'sign-in',
  component: lazyRouteComponent(() => import('../admin/sign-in-rules-page.tsx'), 'SignInRulesPage'),
})

const tree = root.addChildren([
  home,
  object,
  record,
  connectedApps,
  myConnectedApps,
  connect,
  settings.addChildren([
    settingsHome,
    account,
    members,
    signInRules,
    audit,
    grants,
    emergency,
    limits,
    approvals,
    policy,
    keys,
    signingKeys,
    apps,
    newApp,
    app,
    upstreams,
    newUpstream,
    upstream,
  ]),
])

export const router = createRouter({
  routeTree: tree,
  defaultPreload: 'intent',
  defaultPendingComponent: () => (
    <div className="p-6">
      <Skeleton />
    </div>
  ),
  defaultPendingMs: 150,
  defaultErrorComponent: ({ error, reset }) => <Problem error={error} retry={reset} />,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
