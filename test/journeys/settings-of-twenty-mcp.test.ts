import { afterAll, beforeAll, expect, it } from 'vitest'
import { callTool, startTandem } from '../support/tandem.ts'
import { startTwenty } from '../support/twenty/twenty-double.ts'
import type { TwentyDouble } from '../support/twenty/twenty-double.ts'

let twenty: TwentyDouble
beforeAll(async () => {
  twenty = await startTwenty()
})
afterAll(() => twenty?.close())

async function people(config: Parameters<typeof startTandem>[0]) {
  const tandem = await startTandem(config)
  try {
    const browser = await tandem.signIn('grace')
    const resource = `${tandem.url}/mcp/twenty`
    const { accessToken } = await tandem.connectAgent({ browser, resource })
    return await callTool(resource, accessToken, 'search_contacts', { query: 'a' })
  } finally {
    await tandem.close()
  }
}

it('TWENTY_BASE_URL is the upstream twenty, where each person needs a key of her own', async () => {
  const { status, body } = await people({ config: { TWENTY_BASE_URL: twenty.url } })
  expect(status).toBe(200)
  expect(JSON.stringify(body)).toContain('/settings/')
  expect(body).toMatchObject({ result: { isError: true } })
})

it('TWENTY_API_KEY does not start by itself: everybody would act as its owner', async () => {
  const config = { TWENTY_BASE_URL: twenty.url, TWENTY_API_KEY: twenty.key }
  await expect(startTandem({ config })).rejects.toThrow(/TANDEM_SHARED_TWENTY_KEY=1/)
})

it('said in so many words, all share it', async () => {
  const config = { TWENTY_BASE_URL: twenty.url, TWENTY_API_KEY: twenty.key, TANDEM_SHARED_TWENTY_KEY: true }
  const { status, body } = await people({ config })
  expect(status).toBe(200)
  expect(body).not.toMatchObject({ result: { isError: true } })
  expect(JSON.stringify(body)).not.toContain(twenty.key)
})
