import type { Reporter, TestModule } from 'vitest/node'

/** Prints the run's totals in one plain last line, for machines that read only that. */
export class Totals implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: errors.length, skipped: 0 }
    for (const module of modules) {
      const tests = [...module.children.allTests()]
      // A file that fails to load has no tests to count: it is one failure.
      if (module.state() === 'failed' && !tests.some((test) => test.result().state === 'failed'))
        count.failed++
      for (const test of tests) {
        const { state } = test.result()
        if (state !== 'pending') count[state]++
      }
    }
    console.log(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)
  }
}
