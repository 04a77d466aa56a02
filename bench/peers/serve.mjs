import { createServer } from 'node:http'

/** Builds the system for the address the benchmark chose (PORT), then serves it there. */
export async function serve(build) {
  const port = Number(process.env.PORT)
  const handler = await build(`http://127.0.0.1:${port}`)
  createServer(handler).listen(port, '127.0.0.1')
  process.on('SIGTERM', () => process.exit(0))
}

/** Reads a small body. */
export async function bodyOf(request) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

export function json(response, body, status = 200) {
  const text = JSON.stringify(body)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  })
  response.end(text)
}
