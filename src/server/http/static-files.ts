import { existsSync, readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.txt': 'text/plain; charset=utf-8',
}
const compressible = new Set(['.html', '.js', '.css', '.svg', '.json', '.webmanifest', '.txt'])
const compress = promisify(gzip)

type Loaded = { plain: Uint8Array<ArrayBuffer>; gzipped: Uint8Array<ArrayBuffer> | null }

/** Serves the built web app: a file by its name, the app itself for its own addresses. */
export type StaticFiles = {
  handle(request: Request, path: string): Promise<Response>
  /** False when nobody built the web app. */
  readonly built: boolean
}

export function staticFiles(folder: string): StaticFiles {
  // Only what was there at the start is served: no path from outside ever touches the file system.
  const files = new Map<string, string>()
  if (existsSync(folder)) {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue
      const file = join(entry.parentPath, entry.name)
      files.set(`/${relative(folder, file).split(sep).join('/')}`, file)
    }
  }
  const loaded = new Map<string, Promise<Loaded>>()
  const load = (file: string): Promise<Loaded> => {
    const known = loaded.get(file)
    if (known) return known
    const loading = read(file)
    loaded.set(file, loading)
    loading.catch(() => loaded.delete(file))
    return loading
  }
  const index = files.get('/index.html')

  return {
    built: index !== undefined,
    async handle(request, path) {
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        return text(405, 'Pages are read with GET', { Allow: 'GET, HEAD' })
      }
      // A name with a dot is a file; everything else is an address inside the app.
      const isFile = path.slice(path.lastIndexOf('/')).includes('.')
      const file = isFile ? files.get(path) : index
      if (file === undefined) {
        return isFile || index !== undefined
          ? text(404, 'Not found')
          : text(503, 'The web app is not built. `npm start` builds it')
      }
      const { plain, gzipped } = await load(file)
      const small = gzipped !== null && /\bgzip\b/.test(request.headers.get('accept-encoding') ?? '')
      return new Response(request.method === 'HEAD' ? null : small ? gzipped : plain, {
        headers: {
          'Content-Type': types[extname(file)] ?? 'application/octet-stream',
          'Cache-Control': cacheControl(path, file),
          ...(gzipped ? { Vary: 'Accept-Encoding' } : {}),
          ...(small ? { 'Content-Encoding': 'gzip' } : {}),
        },
      })
    },
  }
}

/** Vite puts a content hash into the names under /assets/: such a file never changes. */
function cacheControl(path: string, file: string): string {
  if (extname(file) === '.html') return 'no-store'
  return path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache'
}

async function read(file: string): Promise<Loaded> {
  const plain = new Uint8Array(await readFile(file))
  return { plain, gzipped: compressible.has(extname(file)) ? new Uint8Array(await compress(plain)) : null }
}

function text(status: number, message: string, headers: Record<string, string> = {}): Response {
  return new Response(message, {
    status,
    headers: { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store', ...headers },
  })
}
