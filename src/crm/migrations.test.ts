import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sql } from '#storage'
import { openAcme } from './acme.fixture.ts'
import type { Acme } from './acme.fixture.ts'
import { crmTables } from './migrations/0006-crm.ts'
import { createTable } from './objects/ddl.ts'
import { createMetadataCache } from './objects/metadata.ts'
import { ownFields, tableOf } from './objects/record-object.ts'
import type { Metadata } from './objects/record-object.ts'
import { reservedNames } from './objects/system-fields.ts'

describe('the migration of the standard objects', () => {
  let acme: Acme
  let metadata: Metadata
  beforeAll(async () => {
    acme = await openAcme()
    metadata = await createMetadataCache(acme.storage).current()
  })
  afterAll(() => acme.close())

  it('seeds five objects', () => {
    expect([...metadata.objects.keys()]).toEqual(['company', 'person', 'opportunity', 'task', 'note'])
  })

  it('makes exactly the tables and indexes that the generator makes of the metadata', () => {
    for (const object of metadata.objects.values()) {
      const table = `"${tableOf(object)}"`
      const made = crmTables.sql
        .split(';\n')
        .filter((s) => s.startsWith(`create table ${table}`) || s.includes(` on ${table} `))
      expect(made).toEqual(createTable(object))
    }
  })

  it('leaves the columns that the field types read and write, and no others', async () => {
    for (const object of metadata.objects.values()) {
      const { rows } = await sql<{ column_name: string }>`
        select column_name from information_schema.columns where table_name = ${tableOf(object)}
        order by ordinal_position`.execute(acme.storage.db<never>())
      const generated = [...(createTable(object)[0] ?? '').matchAll(/^ {2}"?(\w+)"? /gm)].map(
        ([, name]) => name,
      )
      expect(rows.map((row) => row.column_name)).toEqual(generated)
    }
  })

  it('gives no field a reserved name', () => {
    for (const object of metadata.objects.values()) {
      expect(ownFields(object).filter(({ name }) => reservedNames.includes(name))).toEqual([])
    }
  })

  it('refuses to turn anything but a plain name into SQL', () => {
    const company = metadata.objects.get('company')
    const name = company?.fields.get('name')
    if (!company || !name) throw new Error('no company')
    const evil = { ...name, column: 'x" text); drop table member; --' }
    expect(() => createTable({ ...company, fields: new Map([['name', evil]]) })).toThrow('Not a name for SQL')
  })
})
