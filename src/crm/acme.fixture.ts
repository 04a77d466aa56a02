import { newId, silentLog } from '#foundation'
import type { GrantId, MemberId } from '#foundation'
import type { ChangeSetView, Limits, MemberRole, Submission } from '#contract'
import { auditMigrations, createAudit } from '#audit'
import type { Audit } from '#audit'
import { identityMigrations } from '#identity'
import type { AgentActor, MemberActor, SystemActor } from '#identity'
import { openStorage, sql } from '#storage'
import type { Storage } from '#storage'
import { openTestStorage, testClock } from '#test'
import { createCrm } from './create-crm.ts'
import type { Crm } from './crm.ts'
import { crmMigrations } from './migrations.ts'

/** A workspace of Ada (administrator) and Grace (member), and agents that work for them. */
export type Acme = {
  storage: Storage
  audit: Audit
  clock: ReturnType<typeof testClock>
  crm: Crm
  ada: MemberActor
  grace: MemberActor
  system: SystemActor
  /** Notebook, working for Grace under a grant of its own. */
  agent(more?: { scopes?: string[]; limits?: Limits; grant?: GrantId }): AgentActor
  /** Creates one record and returns its id. */
  create(object: string, values: Record<string, unknown>): Promise<string>
  update(id: string, object: string, values: Record<string, unknown>): Promise<ChangeSetView>
  submit(...intents: Submission['intents']): Promise<ChangeSetView>
  close(): Promise<void>
}

/** On the embedded database, or on the server at `databaseUrl`. */
export async function openAcme({ databaseUrl }: { databaseUrl?: string } = {}): Promise<Acme> {
  const clock = testClock()
  const migrations = [...auditMigrations, ...identityMigrations, ...crmMigrations]
  const storage = databaseUrl
    ? await openStorage({ config: { databaseUrl }, migrations, clock, log: silentLog })
    : await openTestStorage(migrations, { clock })
  const audit = createAudit({ storage, clock, log: silentLog, secret: 'a secret only for tests, 32 bytes' })
  const crm = createCrm({ storage, audit, clock, log: silentLog })
  const ada = await member(storage, 'Ada', 'administrator')
  const grace = await member(storage, 'Grace', 'member')
  const submit: Acme['submit'] = (...intents) => crm.changes.submit(ada, { intents })
  return {
    storage,
    audit,
    clock,
    crm,
    ada,
    grace,
    system: { kind: 'system', name: 'Tandem' },
    agent: ({ scopes = ['crm:read', 'crm:write'], limits = {}, grant = newId('grt') } = {}) => ({
      kind: 'agent',
      member: grace.member,
      name: grace.name,
      role: 'member',
      grant,
      client: 'cli_notebook',
      clientName: 'Notebook',
      scopes,
      limits,
    }),
    async create(object, values) {
      const { changes } = await submit({ do: 'create', object, values })
      return changes[0]?.recordId ?? ''
    },
    update: (id, object, values) => submit({ do: 'update', object, id, values }),
    submit,
    async close() {
      await audit.close()
      await storage.close()
    },
  }
}

async function member(storage: Storage, name: string, role: MemberRole): Promise<MemberActor> {
  const id: MemberId = newId('mem')
  await sql`
    insert into member (id, name, email, role, password_hash, created_at, password_changed_at)
    values (${id}, ${name}, ${`${name.toLowerCase()}@acme.example`}, ${role}, '', now(), now())`.execute(
    storage.db<never>(),
  )
  return { kind: 'member', member: id, name, role, session: newId('ses') }
}

/** What a refused call says, for `expect(...).rejects.toMatchObject`. */
export const refused = (code: string, more: object = {}) => ({ name: 'CrmError', code, ...more })
