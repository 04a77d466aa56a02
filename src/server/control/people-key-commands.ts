import { newKeyInput } from '#contract'
import { SetupError } from '#foundation'
import { z } from 'zod'
import type { Parts } from '../compose.ts'
import { command } from './command.ts'

const order = z.strictObject({
  key: newKeyInput,
  /** E-mail address. Absent: the administrator, where there is one. */
  member: z.string().min(1).max(320).optional(),
})

/** What the command line does with people's own keys: whoever runs the install may give somebody hers. */
export const peopleKeyCommands = {
  'keys.set': command(order, async (parts, { key, member }) => {
    const owner = await ownerOf(parts, member)
    const view = await parts.gateway.keys.put(owner, key, {
      command: 'tandem keys set',
      still: () => Promise.resolve(),
    })
    return { ...view, member: owner.name }
  }),
} as const

async function ownerOf({ identity }: Parts, given: string | undefined) {
  const email = given ?? (await onlyAdministrator(identity))
  const found = await identity.people.find({ email })
  if (!found) throw new SetupError(`There is no active member ${email}`)
  return found
}

async function onlyAdministrator(identity: Parts['identity']): Promise<string> {
  const [first, second] = await identity.members.administrators()
  if (first !== undefined && second === undefined) return first
  throw new SetupError(
    first === undefined
      ? 'There is nobody to have a key yet: start Tandem and make the first account'
      : 'Say whose key it is: --for EMAIL',
  )
}
