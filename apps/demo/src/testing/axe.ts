import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Page } from './demo-browser.ts'

interface AxeResult {
  violations: { id: string; impact: string; nodes: { html: string }[] }[]
}

const source = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe finds in what the page shows now, of any weight, each finding with its first place. */
export async function axeFindings(page: Page): Promise<string[]> {
  // Colors on their way are neither the old ones nor the new. A transition that is canceled has ended, too.
  await page.evaluate(() =>
    Promise.allSettled(
      document
        .getAnimations()
        .filter(each => each instanceof CSSTransition)
        .map(({ finished }) => finished),
    ),
  )
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(await source)
  const { violations } = (await page.evaluate("axe.run({ resultTypes: ['violations'] })")) as AxeResult
  return violations.map(({ id, impact, nodes }) => `${id} (${impact}): ${nodes[0]!.html.slice(0, 160)}`)
}
