import { rotateKeysInput } from '#contract'
import type { ApiDependencies } from '../dependencies.ts'
import { forAdministrators } from '../route.ts'
import type { Route } from '../route.ts'

export function signingKeyRoutes({ oauth }: ApiDependencies): Route[] {
  return [
    forAdministrators('GET /signing-keys', { summary: 'The keys that sign tokens' }, async () => ({
      keys: await oauth.keys.list(),
    })),
    forAdministrators(
      'POST /signing-keys/rotate',
      {
        summary: 'Let the next key sign; compromised=true takes back all keys, and all tokens that are out',
        body: rotateKeysInput,
      },
      async ({ actor, body }) => {
        const by = { kind: 'member' as const, id: actor.member, name: actor.name }
        return { keys: await oauth.keys.rotate(by, body) }
      },
    ),
  ]
}
