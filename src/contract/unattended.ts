import { z } from 'zod'

/** What a client gets with no person in front of it, as the administrator's page shows it. */
export type UnattendedView = {
  /** Since when nothing is given to it, because its access was ended; null when nothing keeps it out. ISO time. */
  closedSince: string | null
  /** Resources whose tokens it may exchange though other apps were given them; null when it may exchange none. */
  exchangeable: string[] | null
  /** The resources there are. */
  resources: { id: string; name: string }[]
}

export const exchangeableInput = z.strictObject({ resources: z.array(z.string().max(500)).max(50) })
