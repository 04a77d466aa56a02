import type { ObjectNames } from './client/twenty-client.ts'

/** The standard objects that the tools of twenty-mcp are about. */
export const company: ObjectNames = { singular: 'company', plural: 'companies' }
export const person: ObjectNames = { singular: 'person', plural: 'people' }
export const opportunity: ObjectNames = { singular: 'opportunity', plural: 'opportunities' }
export const note: ObjectNames = { singular: 'note', plural: 'notes' }
export const task: ObjectNames = { singular: 'task', plural: 'tasks' }
export const noteTarget: ObjectNames = { singular: 'noteTarget', plural: 'noteTargets' }
export const taskTarget: ObjectNames = { singular: 'taskTarget', plural: 'taskTargets' }
export const entities = { person, company, opportunity } as const
export type EntityType = keyof typeof entities
