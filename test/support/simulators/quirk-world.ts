import { clientShapes } from '../../../src/cli/doctor/shapes/client-shapes.ts'
import { systemClock } from '#foundation'
import type { ClientShape } from '../../../src/cli/doctor/shapes/shape.ts'
import { startTandem } from '../tandem.ts'
import type { TandemTestOptions } from '../tandem.ts'
import { openDocumentHost } from './document-host.ts'
import { SimulatedClient } from './simulate.ts'

/** A Tandem with Ada at a browser, the clients' websites, and clients that can be given other habits. */
export async function openQuirkWorld(options: TandemTestOptions = {}) {
  const tandem = await startTandem(options)
  let ada = await tandem.signIn('ada')
  const { clock = systemClock } = options
  const documents = await openDocumentHost(() => clock.now())
  const get = (path: string, init: RequestInit = {}) =>
    fetch(tandem.url + path, { redirect: 'manual', ...init })
  return {
    tandem,
    documents,
    /** Ada's browser. */
    get ada() {
      return ada
    },
    /** After a time that ended her session. */
    async signInAgain() {
      ada = await tandem.signIn('ada')
    },
    get,
    json: async (path: string) => (await (await get(path)).json()) as Record<string, unknown>,
    /** A client of that shape, changed in some habits. */
    client: (name: string, habits: Partial<ClientShape> = {}, endpoint = `${tandem.url}/mcp`) =>
      new SimulatedClient(
        { ...shapeOf(name), ...habits },
        {
          endpoint,
          documents,
          get browser() {
            return ada
          },
        },
      ),
    async close() {
      await documents.close()
      await tandem.close()
    },
  }
}
export type QuirkWorld = Awaited<ReturnType<typeof openQuirkWorld>>

export function shapeOf(name: string): ClientShape {
  const shape = clientShapes.find((one) => one.name === name)
  if (!shape) throw new Error(`no shape called ${name}`)
  return shape
}
