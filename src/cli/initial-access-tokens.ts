import { parseArgs } from 'node:util'
import { SetupError } from '#foundation'
import { print } from './print.ts'
import { withAdmin } from './with-admin.ts'

const json = { json: { type: 'boolean', default: false } } as const

/** `tandem initial-access-tokens create`: lets somebody register clients. The token is shown once. */
export async function initialAccessTokensCreate(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      uses: { type: 'string', default: '1' },
      days: { type: 'string', default: '7' },
      note: { type: 'string', default: '' },
      ...json,
    },
  })
  const input = { uses: Number(values.uses), days: Number(values.days), note: values.note }
  return withAdmin(async (admin) => {
    const made = await admin.run('initial-access-tokens.create', input)
    if (values.json) print(JSON.stringify({ token: made.token, ...made.view }))
    else {
      print(`initial_access_token  ${made.token}   (shown this once)`)
      print(`Good for ${made.view.mostUses} registrations until ${made.view.expiresAt}.`)
    }
    return 0
  })
}

/** `tandem initial-access-tokens list`: newest first, without the tokens themselves. */
export async function initialAccessTokensList(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: json })
  return withAdmin(async (admin) => {
    const tokens = await admin.run('initial-access-tokens.list', {})
    if (values.json) print(JSON.stringify(tokens))
    else if (tokens.length === 0) print('There are no initial access tokens.')
    else {
      for (const { id, state, uses, mostUses, expiresAt, note } of tokens) {
        print(`${id}  ${state.padEnd(9)}  ${uses} of ${mostUses} used  until ${expiresAt}  ${note}`)
      }
    }
    return 0
  })
}

/** `tandem initial-access-tokens withdraw`: what registered with it stays. */
export async function initialAccessTokensWithdraw(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: json })
  const [id] = positionals
  if (!id) throw new SetupError('Say which: tandem initial-access-tokens withdraw ID')
  return withAdmin(async (admin) => {
    const done = await admin.run('initial-access-tokens.withdraw', { id })
    print(values.json ? JSON.stringify(done) : `${id} lets nobody register any more.`)
    return 0
  })
}
