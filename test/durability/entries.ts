import type { Migration } from '#storage'

export type Tables = { entry: { id: number; text: string }; pair: { id: number } }

export const entries: Migration = {
  name: '0002-entry',
  sql: 'create table entry (id integer primary key, text text not null); create table pair (id integer primary key)',
}
