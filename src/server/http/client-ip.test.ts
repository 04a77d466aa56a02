import { describe, expect, it } from 'vitest'
import { trustedProxies } from './client-ip.ts'

const proxy = '10.0.0.5'
const client = '192.0.2.7'

describe('client IP', () => {
  it.each([
    ['nobody is trusted: the header is a claim', [], proxy, client, proxy],
    ['a stranger claims to be somebody else', ['10.0.0.0/8'], '203.0.113.9', client, '203.0.113.9'],
    ['one proxy in front', ['10.0.0.5'], proxy, client, client],
    ['two proxies in front', ['10.0.0.0/8'], proxy, `${client}, 10.0.0.9`, client],
    [
      'the client wrote a chain of its own before the proxy',
      ['10.0.0.5'],
      proxy,
      `127.0.0.1, ${client}`,
      client,
    ],
    ['a proxy asks for itself', ['10.0.0.5'], proxy, undefined, proxy],
    ['what is no address ends the chain', ['10.0.0.5'], proxy, `${client}, unknown`, proxy],
    ['IPv4 on a dual-stack socket', ['10.0.0.5'], '::ffff:10.0.0.5', client, client],
    ['IPv6', ['2001:db8::/32'], '2001:db8::1', '2001:db9::7', '2001:db9::7'],
  ])('%s', (_what, trusted, peer, forwarded, expected) => {
    expect(trustedProxies(trusted).clientIp(peer, forwarded)).toBe(expected)
  })

  it('a setting that is no address names itself', () => {
    expect(() => trustedProxies(['loadbalancer'])).toThrow(/TANDEM_TRUSTED_PROXIES: loadbalancer/)
  })
})
