import { expect, it } from 'vitest'
import { addressesOf, systemLookup } from './resolve.ts'

const never = new AbortController().signal
const nobody = () => Promise.reject(new Error('the name server was asked'))

it('an address and localhost are not the name server’s to answer', async () => {
  const of = (url: string) => addressesOf(new URL(url), nobody, never)
  expect(await of('https://93.184.216.34/c')).toEqual(['93.184.216.34'])
  expect(await of('https://[2606:4700::1111]/c')).toEqual(['2606:4700::1111'])
  expect(await of('http://localhost:3000/c')).toEqual(['127.0.0.1', '::1'])
  await expect(of('https://app.example/c')).rejects.toThrow('asked')
})

it('a question to the name server ends when the fetch does, without an address', async () => {
  const controller = new AbortController()
  const answer = systemLookup('slow.invalid', controller.signal)
  controller.abort()
  expect(await answer).toEqual([])
})
