import { randomBytes } from 'node:crypto'
import { chmod, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { SetupError } from '#foundation'

const signedIn = z.object({
  issuer: z.string(),
  clientId: z.string(),
  accessToken: z.string(),
  /** When the access token ends, in epoch milliseconds. */
  expiresAt: z.number(),
  refreshToken: z.string().optional(),
})
/** What a sign-in at one resource left here. */
export type SignedIn = z.infer<typeof signedIn>
const file = z.record(z.string(), signedIn)

/** Sign-ins of this person on this computer, by resource, in a file that only she may read. */
export interface SignInStore {
  find(resource: string): Promise<SignedIn | null>
  keep(resource: string, value: SignedIn | null): Promise<void>
  /** Runs `work` while no other process does the like: a refresh token is used once, and nothing kept is overwritten. */
  alone<T>(work: () => Promise<T>): Promise<T>
}

/** A lock older than this, in milliseconds, is of a process that died. */
const staleMs = 60_000

export function openSignInStore(folder: string = defaultFolder()): SignInStore {
  const path = join(folder, 'sign-ins.json')
  const lock = join(folder, 'sign-ins.lock')

  const all = async (): Promise<Record<string, SignedIn>> => {
    let text: string
    try {
      text = await readFile(path, 'utf8')
    } catch {
      return {}
    }
    try {
      return file.parse(JSON.parse(text))
    } catch {
      throw new SetupError(`${path} can’t be read. Delete it and sign in again`)
    }
  }
  const ready = async (): Promise<void> => {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await chmod(folder, 0o700)
  }

  return {
    find: async (resource) => (await all())[resource] ?? null,
    async keep(resource, value) {
      await ready()
      const { [resource]: _, ...others } = await all()
      const next = value === null ? others : { ...others, [resource]: value }
      // Written beside and put in its place, so that a crash leaves the old one whole.
      const fresh = `${path}.${randomBytes(6).toString('hex')}`
      await writeFile(fresh, `${JSON.stringify(next, null, 2)}\n`, { mode: 0o600 })
      await rename(fresh, path)
    },
    async alone(work) {
      await ready()
      for (;;) {
        try {
          await (await open(lock, 'wx', 0o600)).close()
          break
        } catch {
          const { mtimeMs } = await stat(lock).catch(() => ({ mtimeMs: Date.now() }))
          if (Date.now() - mtimeMs > staleMs) await rm(lock, { force: true })
          else await pause(50)
        }
      }
      try {
        return await work()
      } finally {
        await rm(lock, { force: true })
      }
    },
  }
}

/** Where programs keep what belongs to a person: XDG Base Directory on Linux and macOS, APPDATA on Windows. */
function defaultFolder(): string {
  const { XDG_CONFIG_HOME, APPDATA } = process.env
  const base = process.platform === 'win32' ? APPDATA : XDG_CONFIG_HOME
  return join(base || join(homedir(), '.config'), 'tandem')
}
