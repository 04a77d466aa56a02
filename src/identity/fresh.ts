import type { MemberActor } from './actor.ts'
import type { Context, Tx } from './context.ts'
import { IdentityError } from './errors.ts'
import { readMethods } from './methods.ts'

/** How long after she proved who she is somebody may change how she does. */
const freshFor = 10 * 60_000

/** Locks the actor's session. Throws `confirm_needed` when it is too long ago that she proved who she is. */
export async function requireFresh(
  { clock }: Context,
  tx: Tx,
  actor: MemberActor,
): Promise<{ methods: Set<string> }> {
  const session = await tx
    .selectFrom('session')
    .select(['confirmed_at', 'methods'])
    .where('id', '=', actor.session)
    .where('member_id', '=', actor.member)
    .forUpdate()
    .executeTakeFirst()
  if (!session) throw new IdentityError('not_signed_in', 'Sign in first')
  if (clock.now().getTime() - new Date(session.confirmed_at).getTime() >= freshFor) {
    throw new IdentityError('confirm_needed', 'Confirm that it is you first')
  }
  return { methods: readMethods(session.methods) }
}

/** Locks a member who is one still, and proved lately who she is. */
export async function requireFreshMember(context: Context, tx: Tx, actor: MemberActor): Promise<void> {
  const still = await tx
    .selectFrom('member')
    .select('id')
    .where('id', '=', actor.member)
    .where('active', '=', true)
    .forUpdate()
    .executeTakeFirst()
  if (!still) throw new IdentityError('not_signed_in', 'Sign in first')
  await requireFresh(context, tx, actor)
}

/** Locks an administrator who is one still, and proved lately who she is: what she does now may outlive her session. */
export async function requireFreshAdministrator(
  context: Context,
  tx: Tx,
  actor: MemberActor,
): Promise<{ methods: Set<string> }> {
  const still = await tx
    .selectFrom('member')
    .select('id')
    .where('id', '=', actor.member)
    .where('role', '=', 'administrator')
    .where('active', '=', true)
    .forUpdate()
    .executeTakeFirst()
  if (!still) throw new IdentityError('forbidden', 'Only an administrator can do this')
  return requireFresh(context, tx, actor)
}
