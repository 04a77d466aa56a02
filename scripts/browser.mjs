// Finds a Chromium for the browser tests, or installs one: Debian's package where this is root on Debian,
// Playwright's own download elsewhere.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { giveUp, root, run } from './prepare.mjs'

export function ensureChromium(node) {
  if (process.env.CHROMIUM_PATH || ['/usr/bin/chromium', '/usr/bin/chromium-browser'].some(existsSync)) return
  if (process.getuid?.() === 0 && existsSync('/etc/debian_version')) {
    process.stderr.write('Installing Chromium for the browser tests (once)…\n')
    const apt = (...args) =>
      spawnSync('apt-get', args, {
        stdio: 'ignore',
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      })
    apt('update')
    if (apt('install', '-y', '--no-install-recommends', 'chromium').status === 0) return
  }
  if (run(node, [join(root, 'node_modules/playwright-core/cli.js'), 'install', 'chromium']) !== 0) {
    giveUp('No Chromium for the browser tests: install one and set CHROMIUM_PATH to it.')
  }
}
