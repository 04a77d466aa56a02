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
    ['IPv4 on a dual-stack socket, in hexadecimal', ['10.0.0.5'], '::ffff:a00:5', client, client],
    ['a mapped address in the header', ['10.0.0.5'], proxy, `::ffff:${client}`, client],
    ['a proxy that is listed in its mapped form', ['::ffff:10.0.0.5'], proxy, client, client],
    [
      'an address that looks like a proxy’s only to some readers',
      ['10.0.0.5'],
      '::10.0.0.5',
      client,
      '::10.0.0.5',
    ],
    ['IPv6', ['2001:db8::/32'], '2001:db8::1', '2001:db9::7', '2001:db9::7'],
  ])('%s', (_what, trusted, peer, forwarded, expected) => {
    expect(trustedProxies(trusted).clientOf(peer, forwarded).ip).toBe(expected)
  })

  it.each([
    ['a proxy says nothing', proxy, undefined, true],
    ['a proxy says what is no address', proxy, 'unknown', true],
    ['a proxy says an address with a port', proxy, `${client}:4711`, true],
    ['a proxy says whom it speaks for', proxy, client, undefined],
    ['nobody stands between', client, undefined, undefined],
    ['a stranger says nothing sensible', client, 'unknown', undefined],
  ])('knows whether it is known: %s', (_what, peer, forwarded, unknown) => {
    expect(trustedProxies(['10.0.0.5']).clientOf(peer, forwarded).unknown).toBe(unknown)
  })

  it('takes the proxy for the client where the settings say so', () => {
    expect(trustedProxies(['10.0.0.5'], false).clientOf(proxy, undefined)).toEqual({ ip: proxy })
  })

  it.each(['0.0.0.0/0', '::/0', '10.0.0.0/00'])('refuses %s, which makes everybody a proxy', (everybody) => {
    expect(() => trustedProxies(['10.0.0.5', everybody])).toThrow(/TANDEM_TRUSTED_PROXIES: .*everybody/)
  })

  it('a setting that is no address names itself', () => {
    expect(() => trustedProxies(['loadbalancer'])).toThrow(/TANDEM_TRUSTED_PROXIES: loadbalancer/)
  })
})
