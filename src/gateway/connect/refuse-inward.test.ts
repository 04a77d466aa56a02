import { describe, expect, it } from 'vitest'
import { createOutwardClient, upstreamRule } from '#foundation'
import { refuseInward } from './refuse-inward.ts'

const hosts: Record<string, string[]> = {
  'files.example': ['93.184.216.34'],
  'login.example': ['93.184.216.35'],
  'inside.acme.example': ['10.0.0.5'],
  'login.acme.example': ['10.0.0.6'],
}
// The operator listed the private network for a server of her own.
const outward = createOutwardClient({
  rule: upstreamRule(['10.0.0.0/8'], false),
  lookup: async (host) => hosts[host] ?? [],
})

describe('S1 what an upstream names', () => {
  it.each([
    ['https://files.example/mcp', 'https://login.example'],
    ['https://inside.acme.example/mcp', 'https://login.acme.example'],
    ['https://inside.acme.example/mcp', 'https://login.example'],
    ['https://files.example/mcp', 'https://files.example/.well-known/x'],
  ])('%s may name %s', async (from, to) => {
    await expect(refuseInward(outward, from, to)).resolves.toBeUndefined()
  })

  it.each(['https://login.acme.example/token', 'https://10.0.0.7/token'])(
    'S1 a server out there may not name %s in here',
    async (to) => {
      await expect(refuseInward(outward, 'https://files.example/mcp', to)).rejects.toThrow('private network')
    },
  )
})
