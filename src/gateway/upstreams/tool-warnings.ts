import type { ToolDefinition } from './upstream.ts'

/** Whose tools an agent may have beside this upstream's: a name that looks like one of them gets its calls. */
export type KnownNames = ReadonlyMap<string, string>

// Zero-width, direction-changing, tag and control characters: read by a model, seen by nobody. Line breaks are text,
// and so is the selector that makes a sign an emoji.
const hidden = /(?![\t\n\r]|\ufe0f)[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/u
const orders = [
  /\b(ignore|disregard|forget|override)\b.{0,40}\b(previous|prior|above|earlier|other|system|all)\b.{0,30}\b(instruction|prompt|rule|message|tool|guideline)/is,
  /<\/?\s*(important|system|instructions?|secret|hidden|admin)\b[^>]*>/i,
  /\b(do not|don[’']t|never)\b.{0,30}\b(tell|mention|inform|show|reveal|notify|ask)\b.{0,30}\b(the )?(user|person|human|anyone)\b/is,
  /\b(system prompt|developer message|hidden instruction|jailbreak)\b/i,
  /\b(before|whenever|each time|every time)\b.{0,40}\b(using|calling|you (use|call)|invok)\w*\b.{0,30}\b(this|any|other|another)\b.{0,20}\btools?\b/is,
  /\b(read|open|cat|include|attach|send|pass|forward|upload|exfiltrate)\b.{0,60}(\.ssh|id_rsa|\.env\b|\/etc\/passwd|credentials?\b.{0,20}\bfile|private key|mcp\.json|conversation history|chat history)/is,
]
const longDescription = 4000

/** What about a definition looks like tool poisoning: sentences for an administrator. Empty is no promise. */
export function warningsOf(definition: ToolDefinition, known: KnownNames): string[] {
  const { name, description = '' } = definition
  const texts = textsOf(definition)
  const namesake = known.get(plainName(name))
  return [
    ...(texts.some((text) => hidden.test(text))
      ? ['It holds characters that nobody sees but a model reads']
      : []),
    ...(texts.some((text) => orders.some((order) => order.test(text)))
      ? ['It gives the model orders, as prompt injections do']
      : []),
    ...(description.length > longDescription
      ? [`Its description is very long: ${description.length.toLocaleString('en')} characters`]
      : []),
    ...(namesake === undefined ? [] : [`Its name looks like ${namesake}`]),
  ]
}

/** A name without what eyes and models read over. */
export function plainName(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[_./-]/g, '')
    .replaceAll('0', 'o')
    .replaceAll(/[1|]/g, 'l')
    .replaceAll('5', 's')
}

/** Every text in it, member names included: schemas are read by models too. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap(textsOf)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => [key, ...textsOf(inner)])
}
