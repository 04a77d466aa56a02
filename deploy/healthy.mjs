// Whether the install in this container is ready: exit 0, or 1.
const port = process.env.PORT ?? '3000'
const answer = await fetch(`http://127.0.0.1:${port}/health/ready`, {
  signal: AbortSignal.timeout(4000),
}).catch(() => null)
process.exit(answer?.ok ? 0 : 1)
