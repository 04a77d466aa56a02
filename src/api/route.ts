import type { Actor, From, MemberActor } from '#identity'
import type { z } from 'zod'
import { ApiFailure } from './errors.ts'

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

/**
 * Who may call: `anyone`; a signed-in `member`; an `administrator`; or whoever may use records (`crm`):
 * a member in the browser or an agent with a token for the API.
 */
export type Access = 'anyone' | 'member' | 'administrator' | 'crm'

export type Call<A, B, Q> = {
  actor: A
  body: B
  query: Q
  request: Request
  from: From
  /** A part of the path. */
  param(name: string): string
}

/** One endpoint, as data: the router runs it, the OpenAPI document shows it. */
export type Route = {
  method: Method
  path: string
  access: Access
  summary: string
  /** What an agent's token must cover. */
  scope: string | undefined
  body: z.ZodType | undefined
  query: z.ZodType | undefined
  /** Throws when this caller may not use the route. */
  admit(actor: Actor | null): unknown
  run(call: Call<Actor | null, unknown, unknown>): Promise<unknown>
}

type Options<B, Q> = { summary: string; scope?: string; body?: z.ZodType<B>; query?: z.ZodType<Q> }

function route<A, B, Q>(
  access: Access,
  admit: (actor: Actor | null) => A,
  at: `${Method} /${string}`,
  { summary, scope, body, query }: Options<B, Q>,
  run: (call: Call<A, B, Q>) => Promise<unknown>,
): Route {
  const [method, path] = at.split(' ') as [Method, string]
  return {
    method,
    path,
    access,
    summary,
    scope,
    body,
    query,
    admit,
    // The router parsed body and query with these very schemas.
    run: (call) => run({ ...call, actor: admit(call.actor), body: call.body as B, query: call.query as Q }),
  }
}

const member = (actor: Actor | null): MemberActor => {
  if (actor?.kind !== 'member') throw new ApiFailure('not_signed_in', 'Sign in first')
  return actor
}
const administrator = (actor: Actor | null): MemberActor => {
  const who = member(actor)
  if (who.role !== 'administrator') throw new ApiFailure('forbidden', 'Only an administrator can do this')
  return who
}
const somebody = (actor: Actor | null): Actor => {
  if (!actor) throw new ApiFailure('not_signed_in', 'Sign in first')
  return actor
}

type Define<A> = <B = undefined, Q = undefined>(
  at: `${Method} /${string}`,
  options: Options<B, Q>,
  run: (call: Call<A, B, Q>) => Promise<unknown>,
) => Route

export const forAnyone: Define<Actor | null> = (at, options, run) =>
  route('anyone', (actor) => actor, at, options, run)
export const forMembers: Define<MemberActor> = (at, options, run) => route('member', member, at, options, run)
export const forAdministrators: Define<MemberActor> = (at, options, run) =>
  route('administrator', administrator, at, options, run)
/** A token must cover `crm:read` to come in; the engine asks for what the work itself needs. */
export const forCrm: Define<Actor> = (at, options, run) =>
  route('crm', somebody, at, { scope: 'crm:read', ...options }, run)
