// One more process with the authorization server of test/support/oauth.ts, on the database of DATABASE_URL, over HTTP.
// Prints its port. CRASH_AFTER_ROTATION=1 kills it, as `kill -9` does, between a rotation and its answer.
import { auditMigrations, createAudit } from '#audit'
import { silentLog, systemClock } from '#foundation'
import { createOAuth, oauthMigrations, openOAuthStore } from '#oauth'
import { openStorage } from '#storage'
import { oauthParts, testSecret } from './oauth.ts'
import { serve } from './serve.ts'

const databaseUrl = process.env['DATABASE_URL']
if (!databaseUrl) throw new Error('DATABASE_URL is not set')
const storage = await openStorage({
  config: { databaseUrl },
  migrations: [...auditMigrations, ...oauthMigrations],
  clock: systemClock,
  log: silentLog,
})
const audit = createAudit({ storage, clock: systemClock, log: silentLog, secret: testSecret })
const store = openOAuthStore(storage, audit)
const { rotateRefreshToken } = store.grants
if (process.env['CRASH_AFTER_ROTATION'] === '1') {
  store.grants.rotateRefreshToken = async (...given) => {
    const rotated = await rotateRefreshToken(...given)
    process.kill(process.pid, 'SIGKILL')
    return rotated
  }
}
const oauth = createOAuth({
  ...oauthParts(audit, systemClock, {}),
  store,
  // Its people are the parent's: whoever a grant names is a member.
  people: {
    find: async (who) =>
      'member' in who
        ? { member: who.member, name: 'Ada', email: 'ada@acme.example', administrator: false }
        : null,
  },
  fetchDocument: async () => ({ status: 'unavailable', why: 'no network here' }),
})
const served = await serve(
  async (request) =>
    (await oauth.handle(request, { ip: '127.0.0.1' })) ?? new Response('not found', { status: 404 }),
)
console.log(served.port)
