import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

/** Opens a connection to an address that was checked. Injectable so that tests see what is dialled. */
export type Dial = (address: string, port: number) => Socket

export const systemDial: Dial = (address, port) => connect({ host: address, port })

export type Target = {
  url: URL
  address: string
  port: number
  /** Authorities beside the system's; tests name their own. */
  ca: string | undefined
  /** Asked again about the address the socket is really connected to. */
  mayReach(address: string): boolean
}

/** A connected, checked and, for https, authenticated socket. Destroyed when `signal` aborts or a check fails. */
export async function openSocket(dial: Dial, target: Target, signal: AbortSignal): Promise<Socket> {
  const raw = dial(target.address, target.port)
  const abort = () => raw.destroy()
  signal.addEventListener('abort', abort)
  raw.once('close', () => signal.removeEventListener('abort', abort))
  try {
    await once(raw, 'connect')
    const reached = raw.remoteAddress ?? ''
    if (!target.mayReach(reached)) throw new Error(`connected to ${reached}, which may not be reached`)
    if (target.url.protocol !== 'https:') return raw
    const secured = connectTls({
      socket: raw,
      ALPNProtocols: ['http/1.1'],
      ...(target.ca === undefined ? {} : { ca: target.ca }),
      ...serverName(target.url),
    })
    await once(secured, 'secureConnect')
    return secured
  } catch (error) {
    raw.destroy()
    throw error
  }
}

// RFC 6066 §3: an address is no server name; the certificate is checked against `host` then.
function serverName(url: URL): { servername?: string; host: string } {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  return /[:]|^[\d.]+$/.test(host) ? { host } : { host, servername: host }
}

function once(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, () => resolve())
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('the connection was closed')))
  })
}
