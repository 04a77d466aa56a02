import { execFile } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { checks } from '../../scripts/checks.mjs'

describe('the house', () => {
  for (const check of checks) {
    it(check.claim, { timeout: 180_000 }, async () => {
      const { code, output } = await new Promise<{ code: number; output: string }>((resolve) => {
        execFile(process.execPath, check.args, { maxBuffer: 1 << 24 }, (error, stdout, stderr) =>
          resolve({ code: error ? Number(error.code ?? 1) : 0, output: stdout + stderr }),
        )
      })
      expect(code, output.slice(-6000)).toBe(0)
    })
  }
})
