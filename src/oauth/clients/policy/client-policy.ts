import type { ClientPolicy } from '#contract'
import type { Clock, Log } from '#foundation'
import { addressKey } from '../address-key.ts'
import type { Client, ClientStore } from '../client.ts'
import { verifiedDomain } from '../client.ts'
import { lookAlikeWarning } from '../look-alike.ts'
import { readRedirectUri } from '../redirect-uri.ts'
import type { RedirectUri } from '../redirect-uri.ts'
import { narrower } from './ceilings.ts'
import { createDecisionLog } from './decision-log.ts'
import type { DecisionLog } from './decision-log.ts'
import { foregoneRefusal, judge } from './judge.ts'
import type { Facts, PolicyDecision } from './judge.ts'
import type { PolicyStore, StoredPolicy } from './policy-store.ts'

/** What is being asked for, and where in the flow. */
export type Asked = {
  at: 'registration' | 'authorize' | 'consent' | 'device' | 'token'
  /** Absent while nothing was asked for yet. */
  scopes?: readonly string[]
  resource?: string
  /** Only at registration: it brought a good initial access token. */
  initialAccessToken?: boolean
  ip?: string
}

export type PolicyEngine = {
  /** The policy that holds now. In memory; an event drops it on every replica when somebody saves. */
  current(): Promise<StoredPolicy>
  /** Reads the policy anew at the next question: whoever saved it is not left waiting for the event. */
  forget(): void
  /**
   * The one question to ask about a client, whatever the flow:
   *
   * - `redirect`: where this answer goes. Null where there is none (device, client_credentials, exchange): then the
   *   strictest answer counts among "nowhere" and every redirect URI it registered, so that no rule about
   *   redirects can be walked around by another grant type (attacks V7).
   * - `outcome: 'refuse'` → answer with `why`. `'ask'` → go on, but what comes of it is a provisional grant
   *   unless an administrator is the one who consents. `'allow'` → go on.
   * - `ceilings` hold in every case: {@link allowedScopes}, {@link allowsResource} and their neighbours apply them.
   *   Tokens need nothing more: issuing asks again and cuts scopes and lifetimes by itself.
   *
   * A registration with several redirect URIs is as welcome as the best of them: each is judged again when used.
   */
  decide(client: Client, redirect: RedirectUri | null, asked: Asked): Promise<PolicyDecision>
  /** The same by a given policy and without a trace: for dry runs. */
  judgeBy(
    policy: ClientPolicy,
    client: Client,
    redirect: RedirectUri | null,
    asked: Asked,
  ): Promise<PolicyDecision>
  /** The refusal that a client at this metadata document address gets whatever the document says, if so. */
  refusesDocument(url: string, known: Client | undefined, ip: string): Promise<PolicyDecision | undefined>
  /** Whether any client could register itself now (RFC 7591), with an initial access token at least. */
  takesRegistrations(): Promise<boolean>
  decisions: DecisionLog
  close(): Promise<void>
}

export function createPolicyEngine(deps: {
  store: PolicyStore
  clients: Pick<ClientStore, 'trusted'>
  starting: ClientPolicy
  appSchemes: readonly string[]
  clock: Clock
  log: Log
}): PolicyEngine {
  const { store, clients, starting, appSchemes, clock, log } = deps
  const decisions = createDecisionLog(store, clock, log)
  let kept: Promise<StoredPolicy> | undefined
  const leave = store.onChange(() => (kept = undefined))

  const read = async (): Promise<StoredPolicy> =>
    (await store.current()) ?? { version: 0, policy: starting, savedAt: null, savedBy: null }
  const current = (): Promise<StoredPolicy> => {
    if (kept) return kept
    const mine = read()
    kept = mine
    // A database that doesn't answer refuses everybody now, and is asked again the next time.
    mine.catch(() => kept === mine && (kept = undefined))
    return mine
  }

  const looksAlike = async (policy: ClientPolicy, client: Client): Promise<boolean> =>
    policy.rules.some(({ when }) => when.lookAlike !== undefined) &&
    lookAlikeWarning(client, await clients.trusted(), appSchemes) !== null

  const judgeBy: PolicyEngine['judgeBy'] = async (policy, client, redirect, asked) => {
    const own = ownRefusal(client)
    if (own) return own
    const facts = {
      registration: client.registration,
      approved: client.approved,
      registering: asked.at === 'registration',
      initialAccessToken: asked.initialAccessToken ?? false,
      domain: verifiedDomain(client),
      scopes: asked.scopes ?? [],
      resource: asked.resource ?? null,
      lookAlike: await looksAlike(policy, client),
    }
    const judgeAt = (to: RedirectUri | null) => judge(policy, { ...facts, redirect: to })
    const decided =
      asked.at === 'registration'
        ? mildest(candidates(redirect, client, appSchemes).map(judgeAt))
        : strictest((redirect ? [redirect] : [null, ...candidates(null, client, appSchemes)]).map(judgeAt))
    const narrowed = client.ceiling ? { scopes: client.ceiling } : {}
    return { ...decided, ceilings: narrower(decided.ceilings, narrowed) }
  }

  return {
    current,
    forget: () => (kept = undefined),
    judgeBy,
    async decide(client, redirect, asked) {
      const { policy, version } = await current()
      const decision = await judgeBy(policy, client, redirect, asked)
      // Each token is one more decision of the same kind: only a refusal is news.
      if (asked.at !== 'token' || decision.outcome === 'refuse') {
        decisions.note(noteOf(client, redirect, asked, decision, version))
      }
      return decision
    },
    async refusesDocument(url, known, ip) {
      const { policy, version } = await current()
      const facts: Facts = {
        ...unknown,
        registration: 'metadata-document',
        approved: known?.approved ?? false,
        domain: url.startsWith('https:') ? new URL(url).host : null,
      }
      // One that was refused as it was may have changed: its document is looked at again.
      const refusal = (known?.blocked ? ownRefusal(known) : undefined) ?? foregoneRefusal(policy, facts)
      if (!refusal) return undefined
      decisions.note({
        ...shared(refusal, version),
        subject: known ? known.id : strangerFrom(ip),
        clientId: url,
        name: known?.name ?? new URL(url).host,
        stage: 'document',
        redirect: '',
        ip,
      })
      return refusal
    },
    async takesRegistrations() {
      const { policy } = await current()
      return foregoneRefusal(policy, { ...unknown, registration: 'dynamic', registering: true }) === undefined
    },
    decisions,
    async close() {
      leave()
      await decisions.close()
    },
  }
}

/** A stranger of whom nothing has been seen yet. */
const unknown: Omit<Facts, 'registration'> = {
  approved: false,
  registering: false,
  initialAccessToken: undefined,
  redirect: undefined,
  domain: null,
  scopes: undefined,
  resource: undefined,
  lookAlike: undefined,
}

/** An administrator's word about this very client stands before every rule. */
function ownRefusal(client: Client): PolicyDecision | undefined {
  if (client.blocked) {
    return { outcome: 'refuse', rule: 'blocked', why: 'An administrator blocked this app.', ceilings: {} }
  }
  if (client.refused) {
    const why = 'An administrator looked at this app and refused it.'
    return { outcome: 'refuse', rule: 'refused-here', why, ceilings: {} }
  }
  return undefined
}

const read = new WeakMap<Client, RedirectUri[]>()

/** The given redirect URI, or all that the client registered and that can be read; null when it has none. */
function candidates(
  redirect: RedirectUri | null,
  client: Client,
  appSchemes: readonly string[],
): (RedirectUri | null)[] {
  if (redirect) return [redirect]
  const known = read.get(client) ?? registeredUris(client, appSchemes)
  // A client is read anew when it changes, and then is another object.
  read.set(client, known)
  return known.length > 0 ? known : [null]
}

export function registeredUris(client: Client, appSchemes: readonly string[]): RedirectUri[] {
  return client.redirectUris.flatMap((uri) => {
    const one = readRedirectUri(uri, appSchemes)
    return typeof one === 'string' ? [] : [one]
  })
}

const strictness = { allow: 0, ask: 1, refuse: 2 }

function mildest(decisions: PolicyDecision[]): PolicyDecision {
  return decisions.reduce((best, one) => (strictness[one.outcome] < strictness[best.outcome] ? one : best))
}

/** The strictest outcome, under the ceilings of all. */
function strictest(decisions: PolicyDecision[]): PolicyDecision {
  return decisions.reduce((worst, one) => ({
    ...(strictness[one.outcome] > strictness[worst.outcome] ? one : worst),
    ceilings: narrower(worst.ceilings, one.ceilings),
  }))
}

function shared({ outcome, rule, why }: PolicyDecision, version: number) {
  return { outcome, rule, why, version }
}

/** Who has no id yet is told apart by its address alone, so that made-up names can't fill the table (attacks D9). */
function strangerFrom(ip: string | undefined): string {
  return `new:${addressKey(ip ?? '')}`
}

function noteOf(
  client: Client,
  redirect: RedirectUri | null,
  asked: Asked,
  decision: PolicyDecision,
  version: number,
) {
  const refusedNew = asked.at === 'registration' && decision.outcome === 'refuse'
  return {
    ...shared(decision, version),
    subject: refusedNew ? strangerFrom(asked.ip) : client.id,
    clientId: refusedNew ? null : client.id,
    name: client.name,
    stage: asked.at,
    redirect: redirect ? hostOf(redirect) : (client.redirectUris[0] ?? '').slice(0, 200),
    ip: asked.ip ?? null,
  }
}

/** Host or scheme. Without a port on this computer, which differs each time. */
function hostOf({ kind, url }: RedirectUri): string {
  if (kind === 'loopback') return url.hostname
  return kind === 'app' ? `${url.protocol}//${url.host}` : url.host
}
