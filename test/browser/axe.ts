import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'

/** What axe objects to on a page, each with the element it means. */
export async function objections(page: Page, onlyColours = false): Promise<string[]> {
  const axe = new AxeBuilder({ page })
  // Structure is judged in light colours; in the dark only colours differ.
  if (onlyColours) axe.withRules(['color-contrast'])
  const { violations } = await axe.analyze()
  return violations.map(
    ({ id, nodes: [node] }) => `${id}: ${node?.html.slice(0, 200)} (${node?.any[0]?.message ?? ''})`,
  )
}
