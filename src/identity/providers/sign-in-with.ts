import { randomBytes } from 'node:crypto'
import type { ProviderProblem } from '#contract'
import { addressKey } from '#foundation'
import type { MemberId } from '#foundation'
import type { Ceremonies, CeremonyData } from '../ceremonies.ts'
import type { Context } from '../context.ts'
import { countTry } from '../context.ts'
import type { Entrance } from '../entrance.ts'
import { IdentityError } from '../errors.ts'
import { requireFresh } from '../fresh.ts'
import type { Entered, From, Identity } from '../identity.ts'
import type { Sessions } from '../sessions.ts'
import type { IdentityTables } from '../tables.ts'
import { createJoin } from './join.ts'
import type { Links } from './links.ts'
import { ownPath } from './own-path.ts'
import type { Provider } from './presets.ts'
import { Problem, readPerson } from './read-person.ts'
import type { Person } from './read-person.ts'
import { Denied } from './relying-party.ts'
import type { RelyingParty } from './relying-party.ts'
import { createUnlink } from './unlink.ts'

const minutes = 10

type Parts = {
  sessions: Sessions
  ceremonies: Ceremonies
  entrance: Entrance
  links: Links
  providers: readonly Provider[]
  relyingParty: RelyingParty
}
type Done = { location: string; cookies: string[] }

/** Signing in with an account elsewhere. Whose account it is decides issuer and subject, never the address alone. */
export function createProviders(context: Context, parts: Parts): Identity['providers'] {
  const { storage, issuer, log, audit } = context
  const { sessions, ceremonies, entrance, links, providers, relyingParty } = parts
  const db = storage.db<IdentityTables>()
  const join = createJoin(context, links)

  const named = (name: string): Provider => {
    const provider = providers.find((one) => one.name === name)
    if (!provider) throw new IdentityError('not_found', 'There is no such provider')
    return provider
  }

  /** The page shows a sentence of its own for the code; nothing of what the provider sent is repeated. */
  const backWith = (problem: ProviderProblem, provider: Provider, next: string): Done => ({
    location: `/sign-in?${new URLSearchParams({ problem, with: provider.name, next })}`,
    cookies: [],
  })

  const entered = (result: Entered, next: string): Done => {
    if ('member' in result) return { location: next, cookies: [result.cookie, result.device] }
    // In the fragment: the handle is worth nothing in another browser, and stays out of logs all the same.
    const { due, handle, ways } = result
    const fragment = new URLSearchParams({ due, handle, ways: ways.join(' ') })
    return { location: `/sign-in?${new URLSearchParams({ next })}#${fragment}`, cookies: [result.cookie] }
  }

  /** Connects the account with whoever is signed in, in the very session that asked. */
  const connect = async (request: Request, session: string, person: Person, next: string, from: From) => {
    const here = await sessions.find(request)
    if (here?.id !== session) throw new Problem('over')
    await storage.transaction<IdentityTables, void>(async (tx) => {
      const member = await entrance.admit(tx, here.member)
      const owner = await links.find(tx, person)
      if (owner !== null && owner !== member.id) throw new Problem('linked')
      if (owner === null) await links.add(tx, member, person, 'she connected it', from)
    })
    return { location: next, cookies: [] }
  }

  const comeIn = async (
    provider: Provider,
    person: Person,
    data: CeremonyData['provider'],
    request: Request,
    from: From,
  ): Promise<Done> => {
    const methods = person.manyFactors ? ['fed', 'fedmfa'] : ['fed']
    const arriving = { methods, provider: provider.label, link: null }
    const result = await entrance.through<Entered | { waits: MemberId }>(request, from, async (tx, visit) => {
      const owner = await links.find(tx, person)
      const trust = await join.trustOf(tx, person, provider)
      if (owner !== null) return entrance.arrive(tx, await entrance.admit(tx, owner), arriving, visit)
      const sameAddress = await join.memberAt(tx, person.email)
      if (sameAddress === null) {
        if (!trust.joins) throw new Problem('nobody')
        return entrance.arrive(tx, await join.add(tx, person, provider, from), arriving, visit)
      }
      if (!trust.links) return { waits: sameAddress }
      const member = await entrance.admit(tx, sameAddress)
      await links.add(tx, member, person, 'administrators trust the provider for the domain', from)
      return entrance.arrive(tx, member, arriving, visit)
    })
    if (!('waits' in result)) return entered(result, data.next)
    const { issuer: theirs, subject, email } = person
    const opened = await ceremonies.open(db, {
      kind: 'link',
      member: result.waits,
      data: { provider: provider.name, issuer: theirs, subject, email },
      minutes,
      from,
    })
    const search = new URLSearchParams({ connect: provider.name, next: data.next })
    return {
      location: `/sign-in?${search}#${new URLSearchParams({ link: opened.handle, email })}`,
      cookies: [opened.cookie],
    }
  }

  return {
    list: () => providers.map(({ name, label }) => ({ name, label })),

    async begin({ provider: name, next }, actor, from) {
      const provider = named(name)
      await countTry(context, [{ key: `provider:${addressKey(from.ip)}`, rate: { limit: 100, window: 900 } }])
      if (actor) {
        await storage.transaction<IdentityTables, void>(async (tx) => {
          await requireFresh(context, tx, actor)
        })
      }
      const [state, nonce, verifier] = [secret(), secret(), secret()]
      const location = await relyingParty
        .authorizationUrl(provider, { state, nonce, verifier })
        .catch((error: unknown) => {
          log.warn({ err: error, provider: name }, 'a sign-in provider can’t be reached')
          throw new IdentityError('provider_refused', `${provider.label} can’t be reached right now`)
        })
      const { cookie } = await ceremonies.open(db, {
        kind: 'provider',
        member: actor?.member ?? null,
        data: {
          provider: name,
          verifier,
          nonce,
          next: ownPath(next, issuer),
          connect: actor?.session ?? null,
        },
        minutes,
        from,
        handle: state,
      })
      return { location, cookie }
    },

    async finish(name, request, from) {
      const provider = named(name)
      const { search, searchParams } = new URL(request.url)
      const states = searchParams.getAll('state')
      // Taken before anything else is believed: an answer counts once, in the browser that asked (attacks C1, C2, C9).
      const asked = states[0] && (await ceremonies.take(db, 'provider', states[0], from))
      if (!asked || states.length > 1 || asked.data.provider !== name) return backWith('over', provider, '/')
      const { data } = asked
      const { nonce, verifier } = data
      try {
        const vouched = await relyingParty.exchange(provider, search, {
          state: states[0] ?? '',
          nonce,
          verifier,
        })
        const person = readPerson(provider, vouched)
        return data.connect === null
          ? await comeIn(provider, person, data, request, from)
          : await connect(request, data.connect, person, data.next, from)
      } catch (error) {
        const problem = problemOf(error)
        if (problem === 'failed') log.warn({ err: error, provider: name }, 'a provider’s answer was refused')
        audit.note({
          event: 'session.refused',
          outcome: 'refused',
          actor: { kind: 'anonymous' },
          ip: from.ip,
          detail: { reason: `sign in with ${name}: ${problem}` },
        })
        return data.connect === null
          ? backWith(problem, provider, data.next)
          : { location: `/settings/account?${new URLSearchParams({ problem, with: name })}`, cookies: [] }
      }
    },

    unlink: createUnlink(context, { links, named, entrance }),
  }
}

const secret = (): string => randomBytes(32).toString('base64url')

function problemOf(error: unknown): ProviderProblem {
  if (error instanceof Problem) return error.code
  if (error instanceof Denied) return 'denied'
  if (error instanceof IdentityError) return error.code === 'forbidden' ? 'disabled' : 'linked'
  return 'failed'
}
