import type { AuditEntry } from '#audit'
import type { UpstreamDetail } from '#contract'
import { auditActor } from '#identity'
import type { VaultActor } from '#vault'
import type { createAccess } from '../access.ts'
import type { Engine } from '../engine.ts'
import type { GatewayDependencies } from '../ports.ts'
import { askForTools, ping } from './ask-upstream.ts'
import type { Asked } from './ask-upstream.ts'
import { createSettingsCheck, nameTaken } from './check-settings.ts'
import type { UpstreamDirectory } from './directory.ts'
import { accessWith, draftOf, settingsAfter } from './draft-upstream.ts'
import { createToolManager } from './manage-tools.ts'
import { accessOf } from './tool-definition.ts'
import type { ToolReview } from './tool-review.ts'
import { plainName, warningsOf } from './tool-warnings.ts'
import { UpstreamError } from './upstream-error.ts'
import type { Administrator, UpstreamManager } from './upstream-manager.ts'
import type { UpstreamStore } from './upstream-store.ts'
import { baseUrlOf } from './upstream.ts'
import type { Upstream } from './upstream.ts'
import { viewTool, viewUpstream } from './view-upstream.ts'

export type ManagerDependencies = Pick<
  GatewayDependencies,
  'issuer' | 'vault' | 'outward' | 'stdioServers' | 'clock' | 'grantsFor' | 'taken'
> & {
  store: UpstreamStore
  review: ToolReview
  directory: UpstreamDirectory
  access: ReturnType<typeof createAccess>
  /** The engine that carries its calls. */
  engineOf(upstream: Upstream): Engine
  /** One of its own, for an upstream that isn't there yet; whoever makes it closes it. */
  createEngine(upstream: Upstream): Engine
}

export function createUpstreamManager(deps: ManagerDependencies): UpstreamManager {
  const { issuer, vault, outward, clock, store, review, directory, access, grantsFor, taken } = deps
  const check = createSettingsCheck(deps)
  const tools = createToolManager(deps)
  const byId = (id: string) => directory.all().find((one) => one.id === id)
  const resourceOf = ({ name }: Pick<Upstream, 'name'>) => `${issuer}/mcp/${name}`

  const namesBeside = ({ id: own, kind }: Pick<Upstream, 'id' | 'kind'>) => {
    // The connector's tools are called what people's prompts call them.
    if (kind === 'twenty') return new Map<string, string>()
    const others = directory.all().filter(({ id }) => id !== own)
    return new Map([
      ...others.flatMap(({ title, tools: theirs }) =>
        [...theirs.keys()].map((name) => [plainName(name), `“${name}” of ${title}`] as const),
      ),
      ...taken.tools.map((name) => [plainName(name), `“${name}” of Tandem`] as const),
    ])
  }
  const detailOf = async (upstream: Upstream): Promise<UpstreamDetail> => {
    const [pins, states, counts, liveGrants, credential] = await Promise.all([
      store.pins(upstream.id),
      store.states(),
      store.waiting(),
      grantsFor.count(resourceOf(upstream)),
      upstream.auth.kind === 'header' ? vault.view({ member: null, upstream: upstream.id }) : null,
    ])
    const known = namesBeside(upstream)
    const state = states.get(upstream.id)
    return {
      ...viewUpstream(upstream, issuer, state, counts.get(upstream.id)),
      tools: pins.map((pin) => viewTool(pin, known)),
      leftOut: state?.leftOut ?? [],
      credential: credential && { updatedAt: credential.updatedAt.toISOString(), broken: credential.broken },
      liveGrants,
    }
  }
  const fresh = async (id: string): Promise<UpstreamDetail | null> => {
    await directory.refresh()
    const upstream = byId(id)
    return upstream ? detailOf(upstream) : null
  }

  /** Asks what isn't an upstream yet, with an engine of its own: nothing of the trial stays. */
  const askDraft = async (draft: Upstream, credential: string | undefined): Promise<Asked> => {
    const engine = deps.createEngine(draft)
    try {
      return await askForTools(engine, accessWith(draft, credential))
    } finally {
      await engine.close()
    }
  }
  /** Asks it and writes down what came of it. */
  const look = async (upstream: Upstream, by: Administrator): Promise<{ needsCredential: boolean }> => {
    const found = await access(upstream, by.actor)
    if ('missing' in found) {
      const trouble = upstream.auth.kind === 'header' ? found.missing : await ping(outward, upstream)
      await store.noteState(upstream.id, clock.now(), { trouble })
      return { needsCredential: true }
    }
    const asked = await askForTools(deps.engineOf(upstream), found)
    if ('offer' in asked) await review.take(upstream, asked.offer, 'whole')
    // What one person's credential is worth says nothing about the upstream.
    const waits = wantsCredential(asked, upstream)
    await store.noteState(upstream.id, clock.now(), {
      trouble: waits ? null : troubleOf(asked),
      ...('offer' in asked && { leftOut: asked.offer.leftOut }),
    })
    return { needsCredential: waits }
  }
  const mustAnswer = (asked: Asked, draft: Upstream) => {
    const trouble = troubleOf(asked)
    if (trouble === null || wantsCredential(asked, draft)) return
    const field = draft.kind === 'stdio' ? 'server' : 'refused' in asked ? 'credential' : 'url'
    const said = trouble.startsWith('It ') ? trouble.slice(2) : ` doesn’t answer: ${trouble}`
    throw new UpstreamError('invalid', `${draft.title}${said}`, { [field]: trouble })
  }
  const keepCredential = async (upstream: Upstream, secret: string | undefined, by: Administrator) => {
    if (secret === undefined) return
    const { auth, id } = upstream
    const given = { kind: 'key' as const, secret, baseUrl: baseUrlOf(upstream) }
    if (auth.kind === 'header') await vault.put({ member: null, upstream: id }, given, vaultActor(by))
    else if (auth.kind === 'key' && by.actor.kind === 'member')
      await vault.put({ member: by.actor.member, upstream: id }, given, vaultActor(by))
  }
  /** Off, so that nothing new is granted; then grants end, then credentials go: a crash is safe after each. */
  const endEverything = async (upstream: Upstream, by: Administrator, event: string, reason: string) => {
    const entry = entryOf(event, upstream, by)
    await store.update(upstream.id, { enabled: false }, { at: clock.now(), entry })
    await directory.refresh()
    await grantsFor.end(resourceOf(upstream), reason)
    await vault.removeAll({ upstream: upstream.id }, vaultActor(by))
  }

  return {
    async list() {
      const [states, counts] = await Promise.all([store.states(), store.waiting()])
      return directory
        .all()
        .map((upstream) => viewUpstream(upstream, issuer, states.get(upstream.id), counts.get(upstream.id)))
    },
    async view(which) {
      const upstream = byId(which) ?? directory.named(which)
      return upstream ? detailOf(upstream) : null
    },
    async try(input, credential) {
      const draft = draftOf(input, clock.now())
      check.name(draft.name)
      await check.settings(draft)
      const asked = await askDraft(draft, credential)
      const known = namesBeside(draft)
      const { tools: offered, leftOut } = 'offer' in asked ? asked.offer : { tools: [], leftOut: [] }
      const waits = wantsCredential(asked, draft)
      return {
        trouble: waits ? null : troubleOf(asked),
        needsCredential: waits,
        tools: offered.map((tool) => ({
          name: tool.name,
          description: tool.description ?? '',
          access: accessOf(tool),
          warnings: warningsOf(tool, known),
        })),
        leftOut,
      }
    },
    async create(input, credential, by) {
      const draft = draftOf(input, clock.now())
      await directory.refresh()
      check.name(draft.name)
      await check.settings(draft)
      const asked = await askDraft(draft, credential)
      mustAnswer(asked, draft)
      const detail = { kind: draft.kind, at: baseUrlOf(draft), auth: draft.auth.kind }
      const added = entryOf('upstream.added', draft, by, detail)
      const creator = by.actor.kind === 'member' ? by.actor.member : null
      if (!(await store.insert(draft, creator, added))) throw nameTaken(draft.name)
      await keepCredential(draft, credential, by)
      await review.takeOwn(draft)
      if ('offer' in asked) {
        await review.take(draft, asked.offer, 'whole', true)
        await store.noteState(draft.id, clock.now(), { trouble: null, leftOut: asked.offer.leftOut })
      }
      const upstream = await fresh(draft.id)
      if (!upstream) throw new UpstreamError('not_found', `${draft.title} was removed meanwhile`)
      return { upstream, needsCredential: wantsCredential(asked, draft) }
    },
    async change(id, { credential, ...to }, by) {
      await directory.refresh()
      const now = byId(id)
      if (!now) return null
      const { settings, next, moves } = settingsAfter(now, to)
      await check.settings(next)
      if (credential !== undefined && next.auth.kind !== 'header')
        throw new UpstreamError('invalid', 'Only a header has one secret for everybody')
      if (moves) mustAnswer(await askDraft(next, credential ?? undefined), next)
      const detail = {
        changed: Object.keys(to).join(' '),
        ...(moves && { at: baseUrlOf(next), auth: next.auth.kind }),
      }
      const entry = entryOf('upstream.changed', next, by, detail)
      if (moves) {
        const reason = `${now.title} is another server now`
        await endEverything(now, by, 'upstream.moving', reason)
        const moved = { ...settings, enabled: false }
        if (!(await store.update(now.id, moved, { at: clock.now(), entry, review: true }))) return null
        // What a replica that hadn't heard yet let somebody allow meanwhile.
        await grantsFor.end(resourceOf(now), reason)
        await keepCredential(next, credential ?? undefined, by)
        await store.update(now.id, { enabled: next.enabled }, { at: clock.now(), entry: null })
      } else {
        if (
          Object.keys(settings).length > 0 &&
          !(await store.update(now.id, settings, { at: clock.now(), entry }))
        )
          return null
        if (credential === null) await vault.remove({ member: null, upstream: id }, vaultActor(by))
        else await keepCredential(next, credential, by)
      }
      review.forget(now.id)
      await directory.refresh()
      const after = byId(id)
      if (after && moves) await review.takeOwn(after)
      if (after?.enabled && (moves || credential !== undefined || to.enabled)) await look(after, by)
      return fresh(id)
    },
    async remove(id, by) {
      await directory.refresh()
      const upstream = byId(id)
      if (!upstream) return false
      const reason = `${upstream.title} was removed`
      await endEverything(upstream, by, 'upstream.removing', reason)
      const removed = await store.remove(upstream.id, entryOf('upstream.removed', upstream, by))
      // What a replica that hadn't heard yet let somebody allow, or keep, meanwhile.
      await grantsFor.end(resourceOf(upstream), reason)
      await vault.removeAll({ upstream: id }, vaultActor(by))
      review.forget(upstream.id)
      await directory.refresh()
      return removed
    },
    async check(id, by) {
      await directory.refresh()
      const upstream = byId(id)
      if (!upstream) return null
      const looked = await look(upstream, by)
      const view = await fresh(id)
      return view && { upstream: view, ...looked }
    },
    async decide(id, decisions, by) {
      const upstream = byId(id)
      const entry = (event: string, detail: AuditEntry['detail']) =>
        entryOf(event, upstream ?? { id, name: '', title: '' }, by, detail)
      return upstream && (await tools.decide(upstream, decisions, entry)) ? fresh(id) : null
    },
    async setTool(id, to, by) {
      const upstream = byId(id)
      const entry = (event: string, detail: AuditEntry['detail']) =>
        entryOf(event, upstream ?? { id, name: '', title: '' }, by, detail)
      return upstream && (await tools.set(upstream, to, entry)) ? fresh(id) : null
    },
    async waiting() {
      return [...(await store.waiting()).values()].reduce((sum, { waiting }) => sum + waiting, 0)
    },
    async takeUntold() {
      const untold = await store.takeUntold(clock.now())
      const ids = new Set(untold.map(({ upstream }) => upstream))
      return {
        tools: untold.length,
        upstreams: directory.all().flatMap(({ id, title }) => (ids.has(id) ? [title] : [])),
        giveBack: () => store.giveBack(untold),
      }
    },
    programs: () =>
      deps.stdioServers.map(({ name, key_variable: key }) => ({ name, takesKeys: key !== undefined })),
  }
}

/** People's own credentials are theirs to bring: an upstream that wants one is no upstream in trouble. */
function wantsCredential(asked: Asked, { auth }: Pick<Upstream, 'auth'>): boolean {
  return 'refused' in asked && (auth.kind === 'key' || auth.kind === 'oauth')
}

function troubleOf(asked: Asked): string | null {
  if ('trouble' in asked) return asked.trouble
  return 'refused' in asked ? asked.refused : null
}

function entryOf(
  event: string,
  { id, name, title }: Pick<Upstream, 'name' | 'title'> & { id: string },
  { actor, ip }: Administrator,
  detail: AuditEntry['detail'] = {},
): AuditEntry {
  return {
    event,
    outcome: 'ok',
    actor: auditActor(actor),
    subject: { kind: 'upstream', id, name: title },
    ...(ip === undefined ? {} : { ip }),
    detail: { upstream: name, ...detail },
  }
}

function vaultActor({ actor, ip }: Administrator): VaultActor {
  if (actor.kind === 'system') return { kind: 'system', name: actor.name }
  return { kind: 'member', member: actor.member, name: actor.name, ...(ip === undefined ? {} : { ip }) }
}
