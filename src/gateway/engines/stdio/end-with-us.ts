import { spawn } from 'node:child_process'
import type { Writable } from 'node:stream'

/**
 * Reads which process groups there are and, when its input ends, ends those that are left. Its input ends with us,
 * however we end: what is killed can't tidy up after itself.
 */
const script = `groups=' '
while read -r what group; do
  case $what in
    +) groups="$groups$group " ;;
    -) groups="\${groups%% $group *} \${groups#* $group }" ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group"; done`

const groups = new Set<number>()
let keeper: Writable | undefined

/** Sees to it that a process group ends when this process is killed. Call what it gives when the group has ended. */
export function endWithUs(group: number): () => void {
  if (process.platform === 'win32') return () => undefined
  keeper ??= startKeeper()
  groups.add(group)
  keeper.write(`+ ${group}\n`)
  return () => {
    if (!groups.delete(group)) return
    keeper?.write(`- ${group}\n`)
    if (groups.size > 0) return
    keeper?.end()
    keeper = undefined
  }
}

function startKeeper(): Writable {
  // In a group of its own: what is sent to ours, such as Ctrl-C, must not reach it before it is needed.
  const child = spawn('/bin/sh', ['-c', script], {
    detached: true,
    env: {},
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  // Where there is no shell, programs end by the end of their input, as they should.
  child.on('error', () => undefined)
  child.stdin.on('error', () => undefined)
  child.unref()
  if ('unref' in child.stdin && typeof child.stdin.unref === 'function') child.stdin.unref()
  return child.stdin
}
