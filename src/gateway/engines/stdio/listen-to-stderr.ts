import type { Readable } from 'node:stream'
import type { Log, StdioServer } from '#foundation'
import { lineReader } from './lines.ts'

const longestLine = 2000
const linesPerMinute = 60

/**
 * What a program says on standard error goes into the log, at debug: so many lines a minute, without the values that its
 * entry or the person gave it. What was cut
 * could show half of a secret, so a longer line isn't told at all. Always read, since a full pipe would stop the program.
 */
export function listenToStderr(stderr: Readable, server: StdioServer, key: string | null, log: Log): void {
  // The longest first: one that is part of another must not leave its rest.
  const secrets = [...Object.values(server.env), ...(key === null ? [] : [key])]
    .filter(({ length }) => length >= 4)
    .toSorted((a, b) => b.length - a.length)
  let window = 0
  let said = 0
  const say = (text: string) => {
    const minute = Math.floor(performance.now() / 60_000)
    if (minute !== window) [window, said] = [minute, 0]
    if (++said > linesPerMinute || text.trim() === '') return
    let line = text
    for (const secret of secrets) line = line.replaceAll(secret, '[hidden]')
    log.debug({ server: server.name, line }, 'a local MCP server says')
  }
  stderr.on(
    'data',
    lineReader(longestLine, say, () => say('(a line of more than 2000 bytes)')),
  )
  stderr.on('error', () => undefined)
}
