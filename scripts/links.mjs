// Every relative link and picture in a tracked Markdown file, and every test it names, leads to a file that is there.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from './prepare.mjs'

const pages = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: root,
  encoding: 'utf8',
})
const broken = []
for (const page of pages.split('\n').filter(Boolean)) {
  if (!existsSync(join(root, page))) continue
  const text = readFileSync(join(root, page), 'utf8').replace(/```[\s\S]*?```/g, '')
  for (const [, target] of text.matchAll(/\]\(([^)\s]+)[^)]*\)/g)) {
    if (/^(https?:|mailto:|#)/.test(target)) continue
    if (!existsSync(join(root, dirname(page), target.split('#')[0]))) broken.push(`${page}: ${target}`)
  }
  // A claim in docs/ names its proof by path; under test/ and src/ that folder's own name may be left out.
  for (const [, test] of text.matchAll(/`([\w./-]+\.test\.ts)`/g)) {
    if (!test.includes('/') || !page.startsWith('docs/')) continue
    if (!['', 'test', 'src'].some((folder) => existsSync(join(root, folder, test))))
      broken.push(`${page}: ${test}`)
  }
}
if (broken.length > 0) {
  process.stderr.write(`${broken.join('\n')}\n`)
  process.exit(1)
}
