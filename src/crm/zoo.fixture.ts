import { fieldKinds } from '#contract'
import type { FieldKind } from '#contract'
import { sql } from '#storage'
import { openAcme } from './acme.fixture.ts'
import type { Acme } from './acme.fixture.ts'
import { fieldOf } from './fields/field.fixture.ts'
import type { Field } from './fields/field-type.ts'
import { createTable } from './objects/ddl.ts'
import { metadataChanged } from './objects/metadata.ts'

const settings: Partial<Record<FieldKind, unknown>> = {
  select: { options: ['small', 'medium', 'large'].map((value) => ({ value, label: value, color: 'gray' })) },
  relation: { object: 'company' },
  target: { objects: ['company', 'person'] },
}

/**
 * Acme with an object of its own, `zoo`, that has a field of every writable kind (`a_text`, `a_number`…)
 * and a required `name`. It comes in as a custom object would: rows of metadata and the generator's table.
 */
export async function openZoo(more: Partial<Record<string, Partial<Field>>> = {}): Promise<Acme> {
  const acme = await openAcme()
  // The metadata is known already when the object comes, as it would be on a running install.
  await acme.crm.objects.list(acme.system)
  const kinds = fieldKinds.filter((kind) => kind !== 'actor')
  const fields = [
    fieldOf('text', { name: 'name', column: 'c_name', required: true, id: 'fld_zoo_name', ...more['name'] }),
    ...kinds.map((kind) =>
      fieldOf(kind, { id: `fld_zoo_${kind}`, settings: settings[kind] ?? {}, ...more[`a_${kind}`] }),
    ),
  ]
  const object = {
    id: 'obj_zoo',
    name: 'zoo',
    label: 'Zoo',
    labelPlural: 'Zoos',
    icon: 'paw',
    standard: false,
    labelField: 'name',
    fields: new Map(fields.map((field) => [field.name, field])),
  }
  await acme.storage.transaction<never, void>(async (tx) => {
    await sql`insert into object values ('obj_zoo', 'zoo', 'Zoo', 'Zoos', 'paw', 'name', false, 9)`.execute(
      tx,
    )
    for (const [i, f] of fields.entries()) {
      await sql`
        insert into field values (${f.id}, 'obj_zoo', ${f.name}, ${f.label}, null, ${f.kind},
          ${JSON.stringify(f.settings)}::jsonb, ${f.required}, ${f.unique}, ${f.readOnly},
          ${JSON.stringify(f.defaultValue)}::jsonb, ${f.pattern}, false, ${f.column}, ${i})`.execute(tx)
    }
    for (const statement of createTable(object)) await sql.raw(statement).execute(tx)
    await acme.storage.publish(tx, metadataChanged, {})
  })
  return acme
}
