import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { GrantView, RecordView } from '#contract'
import { postgresAvailable } from '../support/postgres.ts'
import { startTandem } from '../support/tandem.ts'
import type { Browser, ConnectedAgent, RunningTandem } from '../support/tandem.ts'

const databases = ['memory', ...(postgresAvailable() ? (['server'] as const) : [])] as const

describe.each(databases)(
  'with the database in %s: a person connects an agent, follows it, ends it',
  (database) => {
    let tandem: RunningTandem
    let ada: Browser
    let notebook: ConnectedAgent
    beforeAll(async () => {
      tandem = await startTandem({ database })
      ada = await tandem.signIn('ada')
      notebook = await tandem.connectAgent({ browser: ada })
    })
    afterAll(() => tandem.close())

    let company: RecordView
    const structured = ({ body }: { body: unknown }) =>
      (body as { result: { structuredContent: Record<string, unknown> } }).result.structuredContent

    it('the agent says under whom it works', async () => {
      const answer = await notebook.call('whoami')
      expect(answer.status).toBe(200)
      expect(JSON.stringify(structured(answer))).toContain('Ada')
    })

    it('the agent’s change shows in the record’s history under its grant, and one click undoes it', async () => {
      const made = await ada.json('POST', '/api/changes', {
        intents: [{ do: 'create', object: 'company', values: { name: 'Initech' } }],
      })
      expect(made.status).toBe(200)
      const { changes } = made.body as { changes: { recordId: string }[] }
      const path = `/api/objects/company/records/${changes[0]?.recordId}`
      company = (await ada.json('GET', path)).body as RecordView
      const changed = await notebook.call('apply_changes', {
        changes: [{ do: 'update', object: 'company', id: company.id, values: { name: 'Initrode' } }],
      })
      expect(changed.status).toBe(200)
      const { body } = await ada.json('GET', `${path}/history`)
      const [newest] = (body as { entries: { id: string; actor: Record<string, unknown> }[] }).entries
      expect(newest?.actor).toMatchObject({ kind: 'agent', name: 'Ada', clientName: 'Notebook' })
      const undone = await ada.json('POST', `/api/changes/${newest?.id}/undo`)
      expect(undone.status).toBe(200)
      expect(((await ada.json('GET', path)).body as RecordView).label).toBe('Initech')
    })

    it('Grace does not see Ada’s connected app and can’t end it', async () => {
      const grace = await tandem.signIn('grace')
      const hers = (await ada.json('GET', '/api/grants')).body as { grants: GrantView[] }
      expect(hers.grants).toHaveLength(1)
      expect((await grace.json('GET', '/api/grants')).body).toEqual({ grants: [] })
      expect((await grace.json('GET', '/api/grants?all=1')).status).toBe(403)
      expect((await grace.json('DELETE', `/api/grants/${hers.grants[0]?.id}`)).status).toBe(404)
      expect((await notebook.call('whoami')).status).toBe(200)
    })

    it('a REST call takes a token for the API and none for /mcp', async () => {
      const forApi = await tandem.connectAgent({
        browser: ada,
        resource: `${tandem.url}/api`,
        scope: 'crm:read',
      })
      const read = (token: string, init: RequestInit = {}) =>
        fetch(`${tandem.url}/api/objects/company/query`, {
          method: 'POST',
          body: '{}',
          ...init,
          headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
        })
      expect((await read(forApi.accessToken)).status).toBe(200)
      const refused = await read(notebook.accessToken)
      expect(refused.status).toBe(401)
      expect(refused.headers.get('www-authenticate')).toMatch(/^Bearer .*invalid_token/)
      const write = await fetch(`${tandem.url}/api/changes`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${forApi.accessToken}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({ intents: [{ do: 'delete', object: 'company', id: company.id }] }),
      })
      expect(write.status).toBe(403)
      expect(write.headers.get('www-authenticate')).toContain('scope="crm:delete"')
    })

    it('after she ends the grant the very next call is refused', async () => {
      const { grants } = (await ada.json('GET', '/api/grants')).body as { grants: GrantView[] }
      const grant = grants.find(
        ({ client, status }) => client.id === notebook.clientId && status === 'active',
      )
      expect((await ada.json('DELETE', `/api/grants/${grant?.id}`)).status).toBe(204)
      expect((await notebook.call('whoami')).status).toBe(401)
    })

    it('the whole story is in the record, and the chain holds', async () => {
      const { body } = await ada.json('GET', '/api/audit?limit=200')
      const events = (body as { entries: { event: string }[] }).entries.map(({ event }) => event)
      for (const event of [
        'session.started',
        'grant.given',
        'tool.called',
        'change_set.applied',
        'grant.ended',
      ]) {
        expect(events).toContain(event)
      }
      expect((await tandem.parts.audit.verify()).broken).toBeNull()
    })

    it('a disabled member’s agent stops', async () => {
      const grace = await tandem.signIn('grace')
      const hers = await tandem.connectAgent({ browser: grace, name: 'Ledger' })
      expect((await hers.call('whoami')).status).toBe(200)
      const { members } = (await ada.json('GET', '/api/members')).body as {
        members: { id: string; name: string }[]
      }
      const id = members.find(({ name }) => name === 'Grace')?.id
      expect((await ada.json('PATCH', `/api/members/${id}`, { active: false })).status).toBe(200)
      expect((await hers.call('whoami')).status).toBe(401)
      expect((await grace.json('GET', '/api/objects')).status).toBe(401)
    })
  },
)
