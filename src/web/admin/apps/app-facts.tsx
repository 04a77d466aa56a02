import type { ClientDetail } from '#contract'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { membersOptions } from '../../api/queries.ts'
import { Section } from '../../shell/page.tsx'
import { fullTime, shortDay } from '../../ui/time.ts'
import { kindNames } from './app-search.ts'

const authNames: Record<string, string> = {
  none: 'Nothing: a public app, protected by PKCE',
  client_secret_basic: 'A secret',
  client_secret_post: 'A secret',
  private_key_jwt: 'Its private key',
}
const grantNames: Record<string, string> = {
  authorization_code: 'Ask people in the browser',
  refresh_token: 'Stay connected',
  client_credentials: 'Act for itself',
  'urn:ietf:params:oauth:grant-type:device_code': 'Ask with a code on a device',
  'urn:ietf:params:oauth:grant-type:token-exchange': 'Exchange tokens',
  'urn:ietf:params:oauth:grant-type:jwt-bearer': 'Company sign-in',
}
// In an administrator's words; whatever isn't here is shown by its own name.
const saysNames: Record<string, string> = {
  client_uri: 'Web site',
  logo_uri: 'Logo',
  policy_uri: 'Privacy policy',
  tos_uri: 'Terms',
  contacts: 'Contacts',
  application_type: 'Kind of app',
  software_id: 'Software',
  software_version: 'Version',
  scope: 'Will ask for',
  dpop_bound_access_tokens: 'Binds its tokens to a key',
  require_pushed_authorization_requests: 'Pushes its requests',
  post_logout_redirect_uris: 'After sign-out',
}

/** What is known of an app, and what it only says itself, apart. */
export function AppFacts({ app }: { app: ClientDetail }) {
  return (
    <>
      <Section title="What Tandem knows">
        <Known app={app} />
      </Section>
      <Section title="How it proves who it is">
        <Proofs app={app} />
      </Section>
      {app.says.length > 0 && (
        <Section
          title="What it says of itself"
          lead="Nobody checked this. Tandem doesn’t open these addresses."
        >
          <dl className={list}>
            {app.says.map(({ name, value }) => (
              <Fact key={name} name={saysNames[name] ?? name}>
                {value}
              </Fact>
            ))}
          </dl>
        </Section>
      )}
    </>
  )
}

/** What a fact is called, and what it is: left out when there is none. */
function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex gap-x-4 gap-y-0.5 px-4 py-2 max-sm:flex-col">
      <dt className="shrink-0 text-muted sm:w-44">{name}</dt>
      <dd className="min-w-0 [overflow-wrap:anywhere]">{children}</dd>
    </div>
  )
}

const list = 'divide-y divide-line rounded-md border border-line text-table'

function Known({ app }: { app: ClientDetail }) {
  const manual = app.registration === 'manual'
  return (
    <dl className={list}>
      <Fact name="Id">
        <code>{app.id}</code>
      </Fact>
      <Fact name="How it came">{kindNames[app.registration]}</Fact>
      <Fact name="First seen">
        <When at={app.firstSeenAt} from={app.firstSeenFrom} />
      </Fact>
      {!manual && (
        <Fact name="First allowed">
          {app.claimedAt ? <When at={app.claimedAt} /> : 'Not yet; it is forgotten after a day'}
        </Fact>
      )}
      <Fact name="Last used">{app.lastUsedAt ? shortDay(app.lastUsedAt) : 'Never'}</Fact>
      {app.approvedAt && !manual && (
        <Fact name="Approved">
          <By who={app.approvedBy} at={app.approvedAt} />
        </Fact>
      )}
      {app.blockedAt && (
        <Fact name="Blocked">
          <By who={app.blockedBy} at={app.blockedAt} />
        </Fact>
      )}
      {app.initialAccessToken && (
        <Fact name="Registered with">
          <code>{app.initialAccessToken}</code>
        </Fact>
      )}
      {app.vouchedFor && <Fact name="Vouched for by">{app.vouchedFor}</Fact>}
      <Fact name="Answers go to">
        {app.redirectUris.length > 0 ? <Lines of={app.redirectUris} /> : 'Nowhere: it doesn’t redirect'}
      </Fact>
      <Fact name="May">
        {app.grantTypes.length > 0 || !app.servesResource ? (
          <Lines of={app.grantTypes.map((type) => grantNames[type] ?? type)} />
        ) : (
          'Ask about tokens for its resource'
        )}
      </Fact>
      <Fact name="At most">{app.scopes ? app.scopes.join(' ') : 'Whatever people allow'}</Fact>
      {manual && (app.boundTokens || app.pushedRequests) && (
        <Fact name="Is held to">
          <Lines
            of={[
              ...(app.boundTokens ? ['Tokens bound to a key'] : []),
              ...(app.pushedRequests ? ['Pushed requests'] : []),
            ]}
          />
        </Fact>
      )}
      {app.servesResource && <Fact name="Is the server of">{app.servesResource}</Fact>}
      {app.owner && (
        <Fact name="Acts with the rights of">
          <Member id={app.owner} />
        </Fact>
      )}
    </dl>
  )
}

function Proofs({ app: { authMethods, keys, secrets } }: { app: ClientDetail }) {
  return (
    <dl className={list}>
      <Fact name="By">
        <Lines of={[...new Set(authMethods.map((one) => authNames[one] ?? one))]} />
      </Fact>
      {keys && 'uri' in keys && (
        <Fact name="Keys at">
          <code>{keys.uri}</code>
        </Fact>
      )}
      {keys && 'keys' in keys && (
        <Fact name="Keys">
          <Lines of={keys.keys.map(({ id, type }) => (id ? `${id} (${type})` : type))} />
        </Fact>
      )}
      {secrets.length > 0 && (
        <Fact name="Secrets">{secrets.length === 1 ? 'One' : `${secrets.length}, while they change`}</Fact>
      )}
    </dl>
  )
}

function Lines({ of }: { of: readonly string[] }) {
  return (
    <ul>
      {of.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  )
}

function When({ at, from = null }: { at: string; from?: string | null }) {
  return (
    <>
      <time dateTime={at}>{fullTime(at)}</time>
      {from && <span className="text-muted"> from {from}</span>}
    </>
  )
}

function By({ who, at }: { who: string | null; at: string }) {
  return (
    <>
      <When at={at} />
      {who && (
        <>
          {' '}
          by <Member id={who} />
        </>
      )}
    </>
  )
}

function Member({ id }: { id: string }) {
  const { data: members = [] } = useQuery(membersOptions)
  return <>{members.find((one) => one.id === id)?.name ?? 'Somebody who left'}</>
}
