import { readdir, readFile } from 'node:fs/promises'

type Watched = { limit: number; members: readonly number[]; over: (bytes: number) => void }

const groups = new Map<number, Watched>()
let timer: NodeJS.Timeout | undefined
let round = 0
const eachMs = 500
/** Every so many rounds all processes are looked through for new members of the groups. */
const lookAround = 6

/**
 * Calls back once, when the processes of a group use more memory of their own than `limit` bytes. Does nothing where
 * there is no /proc. No rlimit does this: RLIMIT_RSS is ignored by Linux, and RLIMIT_AS and RLIMIT_DATA count what V8
 * reserves and never touches (decision 20).
 */
export function watchMemory(group: number, limit: number, over: (bytes: number) => void): { stop(): void } {
  if (process.platform !== 'linux') return { stop: () => undefined }
  groups.set(group, { limit, members: [group], over })
  timer ??= setInterval(() => void look(), eachMs).unref()
  return {
    stop() {
      groups.delete(group)
      if (groups.size > 0 || timer === undefined) return
      clearInterval(timer)
      timer = undefined
    },
  }
}

let looking = false
async function look(): Promise<void> {
  if (looking) return
  looking = true
  try {
    if (round++ % lookAround === 0) await findMembers()
    for (const [group, { limit, members, over }] of groups) {
      const sizes = await Promise.all(members.map(memoryOf))
      const bytes = sizes.reduce((sum, size) => sum + size, 0)
      if (bytes <= limit || !groups.delete(group)) continue
      over(bytes)
    }
  } finally {
    looking = false
  }
}

async function findMembers(): Promise<void> {
  const found = new Map<number, number[]>()
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = await read(`/proc/${name}/stat`)
    // proc(5): the name in brackets may hold anything; after it come state, parent and process group.
    const group = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2])
    if (groups.has(group)) found.set(group, [...(found.get(group) ?? []), Number(name)])
  }
  for (const [group, watched] of groups)
    groups.set(group, { ...watched, members: found.get(group) ?? watched.members })
}

/** Bytes that only this process uses, in memory or swapped out: what many share, such as Node's own code, is nobody's. */
async function memoryOf(pid: number): Promise<number> {
  const status = await read(`/proc/${pid}/status`)
  let kilobytes = 0
  for (const [, size] of status.matchAll(/^(?:RssAnon|VmSwap):\s+(\d+) kB$/gm)) kilobytes += Number(size)
  return kilobytes * 1024
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    // It ended a moment ago.
    return ''
  }
}
