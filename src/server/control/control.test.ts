import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createLog } from '#foundation'
import type { Parts } from '../compose.ts'
import { askControl, openControl } from './control.ts'

const order = { url: 'https://twenty.example', key: 'canary-key', full: false }

it('a command tells its secrets to the server that wrote the note, and to nobody who took its port', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-control-'))
  const heard: string[] = []
  const mallory = createServer((request, response) => {
    heard.push(`${request.method} ${request.headers.authorization ?? ''}`)
    request.on('data', (bytes: Buffer) => heard.push(bytes.toString()))
    response.end(JSON.stringify({ result: { entries: 1, broken: null }, proof: 'AAAA' }))
  })
  await new Promise<void>((resolve) => mallory.listen(0, '127.0.0.1', () => resolve()))
  try {
    const { port } = mallory.address() as AddressInfo // listening on a port, not on a pipe
    writeFileSync(join(folder, 'control.json'), JSON.stringify({ port, token: 'canary-token' }))
    expect(await askControl(folder, 'import.begin', order)).toBeNull()
    expect(heard).toEqual(['GET '])

    const begun: unknown[] = []
    const imports = { begin: (given: unknown) => begun.push(given) }
    const control = await openControl(folder, { imports } as unknown as Parts, createLog('silent'))
    try {
      expect(await askControl(folder, 'import.begin', order)).toEqual({ result: 1 })
      expect(begun).toEqual([order])
    } finally {
      await control.close()
    }
  } finally {
    mallory.close()
    rmSync(folder, { recursive: true, force: true })
  }
})
