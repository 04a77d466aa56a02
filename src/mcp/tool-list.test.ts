import { describe, expect, it } from 'vitest'
import { isCrmScope } from '#contract'
import { listTools } from './tool-list.ts'
import { tools } from './tools/index.ts'

const listed = listTools(tools)

/** Counts words, numbers and marks as tokenizers roughly do: long words in pieces, each mark by itself. */
function roughTokens(text: string): number {
  const pieces = text.match(/[A-Za-z]+|\d{1,3}|[^\sA-Za-z\d]+/g) ?? []
  return pieces.reduce((sum, piece) => sum + Math.ceil(piece.length / (/[A-Za-z]/.test(piece) ? 6 : 2)), 0)
}

describe('the list of tools', () => {
  it('costs at most 4,000 tokens', () => {
    const text = JSON.stringify(listed)
    expect(text.length / 4).toBeLessThan(4000)
    expect(roughTokens(text)).toBeLessThan(4000)
  })

  it('is always the same, in the same order', () => {
    expect(JSON.stringify(listTools(tools))).toBe(JSON.stringify(listed))
    expect(listed.map((tool) => tool.name)).toEqual([
      'whoami',
      'describe',
      'search',
      'query',
      'get',
      'history',
      'apply_changes',
      'undo',
    ])
  })

  it('says of each tool what it may do to the world', () => {
    for (const { name, annotations } of listed) {
      const changes = name === 'apply_changes' || name === 'undo'
      expect(annotations, name).toEqual({
        readOnlyHint: !changes,
        destructiveHint: changes,
        idempotentHint: name !== 'apply_changes',
        openWorldHint: false,
      })
    }
  })

  it('has schemas every client can read: objects, without references', () => {
    for (const { name, inputSchema, outputSchema } of listed) {
      expect([inputSchema.type, outputSchema.type], name).toEqual(['object', 'object'])
      expect(inputSchema['additionalProperties'], name).toBe(false)
      expect(JSON.stringify([inputSchema, outputSchema]), name).not.toContain('$ref')
    }
  })

  it('asks for known scopes only', () => {
    for (const tool of tools) expect(tool.definition.scopes.every(isCrmScope)).toBe(true)
  })

  it('wants the scope of what a change does: writing, deleting, or both', () => {
    const applyChanges = tools.find((tool) => tool.definition.name === 'apply_changes')
    const scopes = (...verbs: unknown[]) =>
      applyChanges?.scopesFor({ changes: verbs.map((verb) => ({ do: verb })) })
    expect(scopes('create')).toEqual(['crm:write'])
    expect(scopes('delete', 'delete')).toEqual(['crm:delete'])
    expect(scopes('update', 'delete')).toEqual(['crm:write', 'crm:delete'])
    for (const sent of [undefined, null, 'x', {}, { changes: 'delete' }, { changes: [null, 3] }]) {
      expect(applyChanges?.scopesFor(sent)).toEqual(['crm:write'])
    }
  })
})
