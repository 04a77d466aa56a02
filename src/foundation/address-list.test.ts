import { describe, expect, it } from 'vitest'
import { addressList, plainAddress } from './address-list.ts'

describe('a list of addresses', () => {
  it.each([
    ['an address', '192.0.2.7', '192.0.2.7', '192.0.2.8'],
    ['a range', '192.0.2.0/24', '192.0.2.255', '192.0.3.0'],
    ['a range written with an address inside it', '192.0.2.7/24', '192.0.2.9', '192.0.3.9'],
    ['IPv6', '2001:db8::1', '2001:DB8:0:0:0:0:0:1', '2001:db8::2'],
    ['an IPv6 range', '2001:db8::/32', '2001:db8:ffff::', '2001:db9::'],
    ['IPv4, asked for in its mapped form', '192.0.2.7', '::ffff:192.0.2.7', '::ffff:192.0.2.8'],
    ['IPv4, asked for in its mapped form in hexadecimal', '192.0.2.7', '::ffff:c000:207', '::ffff:c000:208'],
    ['a mapped address, asked for as IPv4', '::ffff:192.0.2.7', '192.0.2.7', '192.0.2.8'],
    ['a mapped range, asked for as IPv4', '::ffff:192.0.2.0/120', '192.0.2.7', '192.0.3.7'],
    ['a link-local address with its zone', 'fe80::/10', 'fe80::1%eth0', 'fec0::1%eth0'],
    ['all of IPv4, none of IPv6', '0.0.0.0/0', '203.0.113.9', '2001:db8::1'],
    ['all of IPv6, none of IPv4', '::/0', '2001:db8::1', '::ffff:203.0.113.9'],
  ])('holds %s', (_what, entry, inside, outside) => {
    const list = addressList([entry])
    expect(list.includes(inside)).toBe(true)
    expect(list.includes(outside)).toBe(false)
  })

  it.each([
    ['IPv4-compatible', '::203.0.113.9'],
    ['NAT64', '64:ff9b::203.0.113.9'],
    ['6to4', '2002:cb00:7109::1'],
    ['ISATAP', 'fe80::5efe:203.0.113.9'],
    ['a number', '3405803785'],
    ['octal', '0313.0.0161.011'],
    ['hexadecimal', '0xcb.0.0x71.9'],
    ['with a port', '203.0.113.9:443'],
    ['nothing', ''],
    ['a word', 'unknown'],
  ])('takes no other form for the IPv4 address in it: %s', (_what, form) => {
    expect(addressList(['203.0.113.9']).includes(form)).toBe(false)
  })

  it.each([
    'localhost',
    '127.1',
    '010.0.0.1',
    '10.0.0.0/33',
    '2001:db8::/129',
    '::ffff:10.0.0.0/90',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
    '10.0.0.0/255.0.0.0',
    'fe80::1%eth0',
    '*',
    '',
  ])('refuses the entry %j', (entry) => {
    expect(() => addressList(['192.0.2.1', entry])).toThrow(RangeError)
  })

  it.each([
    ['192.0.2.0/24', true],
    ['192.0.2.128/25', true],
    ['192.0.2.7', true],
    ['::ffff:192.0.2.7', true],
    ['192.0.0.0/16', false],
    ['192.0.3.1', false],
    ['::/0', false],
  ])('knows that it covers %s: %s', (entry, covered) => {
    expect(addressList(['192.0.2.0/24']).covers(entry)).toBe(covered)
  })

  it('an empty one holds nobody', () => {
    expect(addressList([]).includes('192.0.2.1')).toBe(false)
  })

  it('one spelling for each address', () => {
    expect(plainAddress('::FFFF:192.0.2.7')).toBe('192.0.2.7')
    expect(plainAddress('2001:0DB8::0:1')).toBe('2001:db8::1')
    expect(plainAddress('unknown')).toBeUndefined()
  })
})
