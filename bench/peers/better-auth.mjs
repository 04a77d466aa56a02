import { DatabaseSync } from 'node:sqlite'
import { oauthProvider } from '@better-auth/oauth-provider'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { toNodeHandler } from 'better-auth/node'
import { jwt } from 'better-auth/plugins'
import { serve } from './serve.mjs'

await serve(async (origin) => {
  const options = {
    baseURL: origin,
    basePath: '/api/auth',
    secret: 'a secret for the benchmark, thirty-two bytes',
    // In memory: faster than a file, to the peer's advantage.
    database: new DatabaseSync(':memory:'),
    emailAndPassword: { enabled: true },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { disabled: true },
    disabledPaths: ['/token'],
    plugins: [
      jwt({ disableSettingJwtHeader: true }),
      oauthProvider({
        loginPage: '/sign-in',
        consentPage: '/consent',
        allowDynamicClientRegistration: true,
        allowUnauthenticatedClientRegistration: true,
        scopes: ['openid', 'profile', 'email', 'offline_access'],
      }),
    ],
  }
  const auth = betterAuth(options)
  await (await getMigrations(auth.options)).runMigrations()
  await auth.api.signUpEmail({
    body: { email: 'ada@acme.example', password: 'correct horse battery', name: 'Ada' },
  })
  return toNodeHandler(auth)
})
