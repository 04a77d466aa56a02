import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { administrator } from './flows/tandem.ts'
import { dataDirectory, root } from './places.ts'
import type { Launch } from './server.ts'
import type { Place, System } from './systems.ts'

const readyPath = '/.well-known/oauth-authorization-server'

function launch(origin: string, storage: Record<string, string>): Launch {
  return {
    args: [join(root, 'src', 'cli', 'main.ts'), 'start'],
    readyPath,
    env: {
      TANDEM_URL: origin,
      TANDEM_ADMIN_EMAIL: administrator.email,
      TANDEM_ADMIN_PASSWORD: administrator.password,
      TANDEM_CLIENT_POLICY: 'open',
      TANDEM_TRUSTED_PROXIES: '127.0.0.1',
      TANDEM_LOG: 'warn',
      ...storage,
    },
  }
}

export const tandemEmbedded: System = {
  name: 'tandem-embedded',
  keeps: 'embedded PostgreSQL, fsync',
  flow: 'tandem',
  async fresh(): Promise<Place> {
    const { path, remove } = dataDirectory()
    return {
      launch: (origin) => launch(origin, { TANDEM_DATA_DIR: path }),
      remove: async () => remove(),
    }
  },
}

export const tandemPostgres: System = {
  name: 'tandem-postgres',
  keeps: 'PostgreSQL, fsync',
  flow: 'tandem',
  async fresh(): Promise<Place> {
    const secret = randomBytes(32).toString('base64url')
    return {
      launch: (origin) => launch(origin, { DATABASE_URL: '', TANDEM_SECRET: secret }),
      remove: async () => {},
    }
  },
}

export async function stopPostgres(): Promise<void> {}
