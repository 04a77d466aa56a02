// An MCP server of 2026-07-28 that costs as little as one can: what stands before it is what is measured.
import { createServer } from 'node:http'

const text = 'x'.repeat(1000)
const tools = [{ name: 'read', inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } }]
const event = `data: ${JSON.stringify({
  jsonrpc: '2.0',
  method: 'notifications/progress',
  params: { progressToken: 1, progress: 1, message: text },
})}\n\n`

const server = createServer((request, response) => {
  let body = ''
  request.on('data', (chunk) => (body += chunk))
  request.on('end', () => {
    if (body === '') return response.writeHead(200).end('ready')
    const { id, method, params } = JSON.parse(body)
    const json = (result) => {
      const answer = JSON.stringify({ jsonrpc: '2.0', id, result: { ...result, resultType: 'complete' } })
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': answer.length })
      response.end(answer)
    }
    if (method === 'server/discover')
      return json({ supportedVersions: ['2026-07-28'], capabilities: { tools: {} } })
    if (method === 'tools/list') return json({ tools, ttlMs: 0, cacheScope: 'public' })
    if (method !== 'tools/call') return json({})
    const { events } = params.arguments ?? {}
    if (events === undefined) return json({ content: [{ type: 'text', text }] })
    response.writeHead(200, { 'Content-Type': 'text/event-stream' })
    let left = events
    const write = () => {
      while (left > 0) {
        left--
        if (!response.write(event)) return response.once('drain', write)
      }
      const result = { content: [], resultType: 'complete' }
      response.end(`data: ${JSON.stringify({ jsonrpc: '2.0', id, result })}\n\n`)
    }
    write()
  })
})
server.keepAliveTimeout = 60_000
server.listen(Number(process.env.PORT), '127.0.0.1')
