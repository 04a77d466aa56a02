/**
 * Every schema that people may have: a release appends its own, and none is ever taken away. `rows` is what that version
 * itself wrote (a demo, people, an agent at work), made by `node test/journeys/released/write-rows.ts NAME` there.
 */
export const releases = [
  { name: 'first-slice', upTo: '0006-crm' },
  { name: 'authorization-server', upTo: '0015-sign-in' },
] as const
