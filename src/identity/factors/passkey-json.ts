import { z } from 'zod'

const clientData = z.object({ challenge: z.string().min(1).max(200) })

/** The challenge that an answer says it is for: what finds the ceremony. Empty when it can't be read. */
export function challengeOf(answer: { response: { clientDataJSON: string } }): string {
  try {
    const text = Buffer.from(answer.response.clientDataJSON, 'base64url').toString('utf8')
    return clientData.parse(JSON.parse(text)).challenge
  } catch {
    return ''
  }
}

const transports = new Set(['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb'])

/** The transports we know of those that are named: hints for the browser, nothing more (WebAuthn §5.8.4). */
export function transportsOf(text: string): string[] {
  return text.split(' ').filter((named) => transports.has(named))
}
