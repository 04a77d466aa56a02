import { expect, it } from 'vitest'
import { addressKey, isLoopbackAddress } from './address-key.ts'

it.each([
  ['198.51.100.7', '198.51.100.7'],
  ['::ffff:198.51.100.7', '198.51.100.7'],
  ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002:ffff:0:0:1', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['unknown', 'unknown'],
])('a caller at %s is counted as %s', (ip, key) => {
  expect(addressKey(ip)).toBe(key)
})

it('a caller on this computer is told from the rest', () => {
  expect(['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1'].map(isLoopbackAddress)).toEqual(
    Array(4).fill(true),
  )
  expect(['198.51.100.7', '::', '', '10.0.0.1'].map(isLoopbackAddress)).toEqual(Array(4).fill(false))
})
