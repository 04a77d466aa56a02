import { defineConfig } from 'vitest/config'
import { Totals } from './test/support/totals.ts'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['src/web/**/*.test.tsx', 'node_modules/**'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // What is awaited comes when it comes: on two busy cores a second is nothing.
    expect: { poll: { timeout: 10_000 } },
    globalSetup: ['test/support/global-setup.ts'],
    setupFiles: ['test/support/network.ts'],
    reporters: ['default', new Totals()],
  },
})
