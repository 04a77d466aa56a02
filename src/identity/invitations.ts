import { addressKey, hashSecret, newId, newSecret } from '#foundation'
import type { InvitationView, MemberRole } from '#contract'
import type { Context } from './context.ts'
import { countTry, memberIn, record, requireAdministrator } from './context.ts'
import { IdentityError } from './errors.ts'
import type { Entrance } from './entrance.ts'
import { requireFreshAdministrator } from './fresh.ts'
import type { Identity } from './identity.ts'
import { hashPassword } from './passwords.ts'
import type { IdentityTables } from './tables.ts'

const lifetime = 7 * 24 * 3600 * 1000
const gone = () =>
  new IdentityError('invitation_invalid', 'This invitation was used, withdrawn or is over. Ask for a new one')

type Row = { id: string; email: string; role: MemberRole; expires_at: Date; inviter: string }
const view = ({ id, email, role, expires_at, inviter }: Row): InvitationView => ({
  id,
  email,
  role,
  expiresAt: new Date(expires_at).toISOString(),
  invitedBy: inviter,
})

export function createInvitations(context: Context, entrance: Entrance): Identity['invitations'] {
  const { storage, clock } = context
  const db = storage.db<IdentityTables>()
  const open = () =>
    db
      .selectFrom('invitation')
      .innerJoin('member', 'member.id', 'invitation.invited_by')
      .select([
        'invitation.id',
        'invitation.email',
        'invitation.role',
        'invitation.expires_at',
        'member.name as inviter',
      ])
      .where('invitation.expires_at', '>', clock.now())
  const look = async (token: string): Promise<Row> => {
    const row = await open().where('invitation.secret_hash', '=', hashSecret(token)).executeTakeFirst()
    if (!row) throw gone()
    return row
  }
  const countGuess = (ip: string) =>
    countTry(context, [{ key: `invitation:${addressKey(ip)}`, rate: { limit: 60, window: 900 } }])

  return {
    async create(actor, { email, role }, from) {
      requireAdministrator(actor)
      const token = newSecret('inv')
      const now = clock.now()
      const expires = new Date(now.getTime() + lifetime)
      const id = newId('inv')
      await storage.transaction<IdentityTables, void>(async (tx) => {
        await requireFreshAdministrator(context, tx, actor)
        const taken = await tx.selectFrom('member').select('id').where('email', '=', email).executeTakeFirst()
        if (taken) throw new IdentityError('email_taken', 'Somebody with this email is a member already')
        await tx.deleteFrom('invitation').where('email', '=', email).execute()
        await tx
          .insertInto('invitation')
          .values({
            id,
            secret_hash: hashSecret(token),
            email,
            role,
            invited_by: actor.member,
            created_at: now,
            expires_at: expires,
          })
          .execute()
        await record(context, tx, {
          event: 'invitation.created',
          outcome: 'ok',
          actor: { kind: 'member', id: actor.member, name: actor.name },
          subject: { kind: 'invitation', id },
          ip: from.ip,
          detail: { role },
        })
      })
      return { invitation: view({ id, email, role, expires_at: expires, inviter: actor.name }), token }
    },
    async list(actor) {
      requireAdministrator(actor)
      return (await open().orderBy('invitation.created_at', 'desc').limit(200).execute()).map(view)
    },
    async withdraw(actor, id, from) {
      requireAdministrator(actor)
      await storage.transaction<IdentityTables, void>(async (tx) => {
        const row = await tx.deleteFrom('invitation').where('id', '=', id).returning('id').executeTakeFirst()
        if (!row) throw new IdentityError('not_found', 'There is no such invitation')
        await record(context, tx, {
          event: 'invitation.withdrawn',
          outcome: 'ok',
          actor: { kind: 'member', id: actor.member, name: actor.name },
          subject: { kind: 'invitation', id },
          ip: from.ip,
        })
      })
    },
    async look(token, from) {
      await countGuess(from.ip)
      return view(await look(token))
    },
    async accept({ token, name, password }, request, from) {
      await countGuess(from.ip)
      await look(token)
      const hash = await hashPassword(password)
      return entrance.through(request, from, async (tx, visit) => {
        const now = clock.now()
        // Single use: of two who accept at once, the row goes to one.
        const row = await tx
          .deleteFrom('invitation')
          .where('secret_hash', '=', hashSecret(token))
          .where('expires_at', '>', now)
          .returning(['id', 'email', 'role'])
          .executeTakeFirst()
        if (!row) throw gone()
        const member = { id: newId('mem'), name, email: row.email, role: row.role }
        const made = await tx
          .insertInto('member')
          .values({ ...member, active: true, password_hash: hash, created_at: now, password_changed_at: now })
          .onConflict((conflict) => conflict.column('email').doNothing())
          .returning('id')
          .executeTakeFirst()
        if (!made) throw new IdentityError('email_taken', 'Somebody with this email is a member already')
        await record(context, tx, {
          event: 'invitation.accepted',
          outcome: 'ok',
          actor: memberIn(member),
          subject: { kind: 'invitation', id: row.id },
          ip: from.ip,
        })
        return entrance.arrive(tx, member, { methods: ['pwd'], provider: null, link: null }, visit)
      })
    },
  }
}
