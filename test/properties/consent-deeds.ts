import { expect } from 'vitest'
import { interactionOf, pkce, resource } from '../support/oauth.ts'
import { codeLife, remember, requestLife } from './grant-model.ts'
import type { Model, ModelGrant } from './grant-model.ts'
import { parts, redirects } from './world.ts'
import type { ClientName, PersonName, World } from './world.ts'

/** The n-th of a list, however long it is now. */
export const pick = <T>(list: readonly T[], n: number): T => {
  const found = list[n % list.length]
  if (found === undefined) throw new Error('nothing to pick from')
  return found
}

const browsers = new Map<string, string>()

export async function authorize(
  model: Model,
  world: World,
  who: ClientName,
  by: PersonName,
  asked: string[],
): Promise<void> {
  const { verifier, challenge } = pkce()
  const response = await world.browser(world.people[by]).open({
    response_type: 'code',
    client_id: world.clients[who].clientId,
    redirect_uri: redirects[who],
    code_challenge: challenge,
    code_challenge_method: 'S256',
    scope: asked.join(' '),
    resource,
  })
  model.requests.push({
    id: interactionOf(response),
    verifier,
    client: who,
    person: by,
    scopes: asked,
    at: model.now,
  })
  // Its browser keeps the cookie that binds the request.
  browsers.set(interactionOf(response), response.headers.getSetCookie()[0]?.split(';')[0] ?? '')
}

export async function consent(
  model: Model,
  world: World,
  n: number,
  narrowed: string[],
  allow: boolean,
): Promise<void> {
  const request = pick(model.requests, n)
  model.requests.splice(model.requests.indexOf(request), 1)
  const kept = request.scopes.filter((scope) => narrowed.includes(scope))
  const browser = world.browser(world.people[request.person])
  const [name = '', value = ''] = (browsers.get(request.id) ?? '').split('=')
  browser.jar.set(name, value)
  const answered = browser.answer(request.id, {
    decision: allow ? 'allow' : 'deny',
    scopes: kept.length > 0 ? kept : request.scopes.slice(0, 1),
  })
  if (model.now >= request.at + requestLife) return void (await expect(answered).rejects.toThrow())
  const { searchParams } = await answered
  if (!allow) return expect(searchParams.get('error')).toBe('access_denied')
  const granted = kept.length > 0 ? kept : request.scopes.slice(0, 1)
  model.codes.push({
    ...request,
    code: searchParams.get('code') ?? '',
    scopes: granted,
    issuedAt: model.now,
    grant: null,
  })
}

/** A second use ends what the first gave, but only from who could have used it (attacks P6). */
export async function exchange(
  model: Model,
  world: World,
  n: number,
  other: ClientName | null,
  wrong: boolean,
  times: number,
): Promise<void> {
  const code = pick(model.codes, n)
  const who = other ?? code.client
  const form = {
    grant_type: 'authorization_code',
    code: code.code,
    code_verifier: wrong ? pkce().verifier : code.verifier,
  }
  const rightly = who === code.client && !wrong
  const fresh = rightly && code.grant === null && model.now < code.issuedAt + codeLife
  const answers = await Promise.all(Array.from({ length: times }, () => world.as(who, '/oauth/token', form)))
  const [good, ...more] = answers.filter(({ status }) => status === 200)
  expect(more, 'one code gave two grants').toEqual([])
  expect(good !== undefined, 'a code is good exactly once').toBe(fresh)
  if (good) {
    const granted = parts(good.body['scope'])
    expect(
      granted.every((scope) => code.scopes.includes(scope)),
      'wider than consented',
    ).toBe(true)
    const grant = await grantOf(model, world, good.body, code.client, code.person)
    code.grant = grant
    remember(model, grant, good.body)
    // The others of that moment were second uses.
    if (times > 1) await endInModel(model, world, grant)
  } else if (rightly && code.grant) await endInModel(model, world, code.grant)
}

async function grantOf(
  model: Model,
  world: World,
  answer: Record<string, unknown>,
  client: ClientName,
  person: PersonName,
) {
  const payload = JSON.parse(
    Buffer.from(String(answer['access_token']).split('.')[1] ?? '', 'base64url').toString(),
  )
  const grant: ModelGrant = {
    id: payload.grant_id,
    client,
    person,
    scopes: parts(answer['scope']),
    alive: true,
    refresh: [String(answer['refresh_token'])],
    rotatedAt: 0,
    usedAt: model.now,
  }
  expect(model.grants.map(({ id }) => id)).not.toContain(grant.id)
  expect(payload).toMatchObject({
    sub: world.people[person].member,
    client_id: world.clients[client].clientId,
  })
  model.grants.push(grant)
  return grant
}

/** Ended means: everything issued from it is refused, here at once or as soon as the word has come. */
export async function endInModel(model: Model, world: World, grant: ModelGrant): Promise<void> {
  grant.alive = false
  for (const { token } of model.tokens.filter((one) => one.grant === grant)) {
    await expect
      .poll(() => world.oauth.verify(token, resource), { timeout: 5000, interval: 5 })
      .toBeUndefined()
  }
}

/** A grant to begin with, or most of what follows would have nothing to act on. */
export async function establish(
  model: Model,
  world: World,
  client: ClientName,
  person: PersonName,
): Promise<void> {
  const scopes = ['crm:read', 'crm:write']
  await authorize(model, world, client, person, scopes)
  await consent(model, world, model.requests.length - 1, scopes, true)
  await exchange(model, world, model.codes.length - 1, null, false, 1)
}
