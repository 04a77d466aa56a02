import type { Tool } from '../tool.ts'
import { applyChanges } from './apply-changes/apply-changes.ts'
import { describe } from './describe/describe.ts'
import { get } from './get/get.ts'
import { history } from './history/history.ts'
import { query } from './query/query.ts'
import { search } from './search/search.ts'
import { undo } from './undo/undo.ts'
import { whoami } from './whoami/whoami.ts'

/** Every tool, in the order agents see them. The order is part of what clients cache, so it only ever grows at the end. */
export const tools: readonly Tool[] = [whoami, describe, search, query, get, history, applyChanges, undo]

/** Tools by name. */
export const toolsByName: ReadonlyMap<string, Tool> = new Map(
  tools.map((tool) => [tool.definition.name, tool]),
)
