import { lookup } from 'node:dns/promises'
import { isSpecialUse } from '#foundation'
import { DeadEnd } from './walk.ts'

export type Answer = { status: number; headers: Headers; text: string; json: unknown; url: string }

/** One request, redirects not followed. @throws DeadEnd when nobody answers, or when it may not be asked. */
export type Ask = (url: string, init?: RequestInit) => Promise<Answer>

const patienceMs = 10_000
const longestWalkMs = 120_000
/** A walk takes about 25; the rest is for registrations. A server that names ever new addresses ends here. */
const mostRequests = 90
const mostBytes = 256 * 1024

/**
 * Asks a server that may be a stranger's: few requests, each with a limit of time and size. What its documents name is
 * only asked where it is as public as the server itself, or a stranger's metadata could make this computer knock at
 * its neighbours' doors (attacks S1).
 */
export function createAsk(target: string): Ask {
  const ends = AbortSignal.timeout(longestWalkMs)
  const inside = addressesOf(target).then((addresses) => addresses.some(isSpecialUse))
  let count = 0

  const checkReach = async (url: string): Promise<void> => {
    if (++count > mostRequests)
      throw new DeadEnd(`More than ${mostRequests} requests were needed`, 'Look at the findings above')
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
      throw new DeadEnd(
        `The server names ${url.slice(0, 200)}, which is no http(s) address`,
        'Correct its metadata',
      )
    }
    if (await inside) return
    const bad = (await addressesOf(url)).find(isSpecialUse)
    if (bad !== undefined) {
      throw new DeadEnd(
        `The server names ${url.slice(0, 200)}, which is ${bad}: not an address of the public network`,
        'Correct its metadata. The doctor doesn’t ask there',
      )
    }
  }

  return async (url, init = {}) => {
    await checkReach(url)
    let response: Response
    let text: string
    try {
      const signal = AbortSignal.any([ends, AbortSignal.timeout(patienceMs)])
      response = await fetch(url, { redirect: 'manual', signal, ...init })
      text = await readText(response)
    } catch (error) {
      throw new DeadEnd(
        `${url} does not answer (${reasonOf(error)})`,
        'Is it running, and is this the address people and agents reach it at? For Tandem check TANDEM_URL, PORT, HOST and the proxy',
      )
    }
    let json: unknown
    try {
      json = JSON.parse(text)
    } catch {
      json = undefined
    }
    return { status: response.status, headers: response.headers, text, json, url }
  }
}

/** None when the name leads nowhere: the request itself will say so. */
async function addressesOf(url: string): Promise<string[]> {
  const host = new URL(url).hostname.replace(/^\[(.*)\]$/, '$1')
  const found = await lookup(host, { all: true }).catch(() => [])
  return found.map(({ address }) => address)
}

/** The beginning is enough: no document of this protocol is longer. */
async function readText(response: Response): Promise<string> {
  if (!response.body) return ''
  const decoder = new TextDecoder()
  let text = ''
  let received = 0
  for await (const chunk of response.body) {
    received += chunk.byteLength
    text += decoder.decode(chunk, { stream: true })
    // Leaving the loop cancels the stream.
    if (received > mostBytes) break
  }
  return text + decoder.decode()
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return 'no answer within 10 s'
  const cause: unknown = error instanceof Error ? error.cause : undefined
  if (typeof cause === 'object' && cause !== null && 'code' in cause) return String(cause.code)
  const named = cause instanceof Error ? cause : error
  return named instanceof Error ? named.message : String(named)
}
