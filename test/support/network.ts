import net from 'node:net'

// Tests talk to this machine only: a connection to anywhere else is a mistake in a test, or an attack that worked.
const connect = net.Socket.prototype.connect
net.Socket.prototype.connect = function (this: net.Socket, ...args: Parameters<typeof connect>) {
  const [first] = args
  const options: unknown = Array.isArray(first) ? first[0] : first
  if (
    typeof options === 'object' &&
    options !== null &&
    'host' in options &&
    typeof options.host === 'string'
  ) {
    // By the switch that runs the connector's tests against a real workspace, and by nothing else.
    const opened = process.env['TWENTY_REAL_URL'] !== undefined
    if (!opened && !/^(localhost|127\.\d+\.\d+\.\d+|::1|\[::1\])$/.test(options.host)) {
      throw new Error(`network refused in tests: ${options.host}`)
    }
  }
  return connect.apply(this, args)
} as typeof connect
