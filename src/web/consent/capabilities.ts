import type { ConsentView, CrmScope } from '#contract'

/** What the person has chosen so far: always a subset of what was asked. */
export type Narrowing = {
  scopes: readonly string[]
  /** Null: every object, also ones created later. */
  objects: readonly string[] | null
  days: number | null
}

type Word = (things: string) => string

/** A scope in words, when granted and when not. A scope without a `cannot` isn't worth a line when it is absent. */
const words = {
  'crm:read': { can: (t) => `See ${t}, and their history`, cannot: 'See any records' },
  'crm:propose': { can: (t) => `Suggest changes to ${t}, for you to approve`, cannot: null },
  'crm:write': { can: (t) => `Add and change ${t}`, cannot: 'Add or change anything' },
  'crm:delete': { can: (t) => `Delete ${t}`, cannot: 'Delete anything' },
  'crm:send': { can: () => 'Send messages in your name', cannot: 'Send messages' },
  'crm:schema': {
    can: () => 'Change which objects and fields there are',
    cannot: 'Change objects or fields',
  },
} satisfies Record<CrmScope, { can: Word; cannot: string | null }>

/** Scopes that a broader one already gives. Mirrors the contract's `scopeImplies`, which the server enforces. */
const givenBy: Partial<Record<string, readonly string[]>> = {
  'crm:read': ['crm:propose', 'crm:write', 'crm:delete', 'crm:send', 'crm:schema'],
  'crm:propose': ['crm:write'],
}

/** True when one of the chosen scopes brings this one with it, so that switching it off would do nothing. */
export function impliedBy(scope: string, chosen: readonly string[]): boolean {
  return (givenBy[scope] ?? writingThere(scope)).some((broader) => chosen.includes(broader))
}

/** At somebody else's server, too, what may change things may look them up: `ledger:write` brings `ledger:read`. */
function writingThere(scope: string): string[] {
  return scope.endsWith(':read') ? [scope.replace(/read$/, 'write')] : []
}

export function has(scope: string, chosen: readonly string[]): boolean {
  return chosen.includes(scope) || impliedBy(scope, chosen)
}

/** `already`: what it can do now, by access that she gave it before. `can` holds the rest. */
export type Capabilities = { can: string[]; already: string[]; cannot: string[] }

/** The lists of the page. They follow every switch. */
export function capabilities(view: ConsentView, narrowing: Narrowing): Capabilities {
  const { scopes, objects } = narrowing
  const included = view.objects.filter((object) => objects?.includes(object.name))
  const excluded = objects ? view.objects.filter((object) => !objects.includes(object.name)) : []
  const things = objects
    ? list(included.map((object) => object.labelPlural.toLowerCase()))
    : 'the records you can see'
  const can: string[] = []
  const already: string[] = []
  const cannot: string[] = []
  const held = heldBefore(view, narrowing)
  for (const [scope, { can: say, cannot: deny }] of Object.entries(words)) {
    const covered = scope === 'crm:propose' && has('crm:write', scopes)
    if (has(scope, scopes) && !covered)
      (has(scope, held) ? already : can).push(say(scope === 'crm:read' || objects ? things : 'records'))
    else if (deny && !view.elsewhere && !has(scope, scopes)) cannot.push(deny)
  }
  for (const offered of view.scopes) {
    if (offered.scope in words) continue
    if (has(offered.scope, scopes)) (offered.already ? already : can).push(offered.words)
    else if (view.elsewhere && offered.scope.includes(':')) cannot.push(offered.words)
  }
  if (excluded.length > 0 && has('crm:read', scopes)) {
    cannot.unshift(
      `See ${list(
        excluded.map((object) => object.labelPlural.toLowerCase()),
        'or',
      )}`,
    )
  }
  if (view.elsewhere) cannot.push('See or change records in Tandem')
  cannot.push('Change members, roles or other apps')
  return { can, already, cannot }
}

/** Scopes it has now, unless it would reach more objects with them than it does. */
function heldBefore({ scopes, remembered }: ConsentView, { objects }: Narrowing): string[] {
  const limit = remembered?.objects ?? null
  const within = limit === null || (objects !== null && objects.every((name) => limit.includes(name)))
  return within ? scopes.filter((scope) => scope.already).map(({ scope }) => scope) : []
}

export type Preset = { name: string; scopes: string[] }

/** The ways to answer with one click. Only what was asked for can be given. */
export function presets(view: ConsentView): Preset[] {
  const offered = view.scopes.map((s) => s.scope)
  const pick = (keep: readonly string[]) => offered.filter((s) => !(s in words) || keep.includes(s))
  const writes = offered.includes('crm:write')
  const stronger = offered.some((s) => s in words && !['crm:read', 'crm:propose', 'crm:write'].includes(s))
  const all: Preset[] = []
  if (offered.includes('crm:read')) all.push({ name: 'Read only', scopes: pick(['crm:read']) })
  if (writes) all.push({ name: 'Read and write', scopes: pick(['crm:read', 'crm:propose', 'crm:write']) })
  if (stronger) all.push({ name: 'Everything it asks', scopes: offered })
  return all
}

export function sameScopes(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((scope) => b.includes(scope))
}

function list(names: readonly string[], join: 'and' | 'or' = 'and'): string {
  if (names.length === 0) return 'nothing'
  return new Intl.ListFormat('en', { type: join === 'and' ? 'conjunction' : 'disjunction' }).format(names)
}
