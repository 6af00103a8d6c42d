import type { Page } from './demo-browser.ts'

/**
 * What can be worked with in the page as it is now, and what of it the Tab key reaches. Of a group in which arrow keys
 * move (tabs, radio buttons, the words of a text) one is enough.
 */
export async function keyboardReach(page: Page): Promise<{ missed: string[]; disordered: string[] }> {
  const count = await page.evaluate(() => {
    const all = [
      ...document.querySelectorAll<HTMLElement>(
        'a[href], button, input, select, textarea, summary, [role=button], [role=tab], [tabindex="0"]',
      ),
    ].filter(each => each.checkVisibility({ visibilityProperty: true }) && !each.matches(':disabled'))
    const groupOf = (each: HTMLElement): HTMLElement | string =>
      each instanceof HTMLInputElement && each.type === 'radio'
        ? each.name
        : (each.closest<HTMLElement>('[role=tablist], .story-text, .head-text') ?? each)
    const seen: Element[] = []
    document.addEventListener('focusin', ({ target }) => {
      if (target instanceof Element && target !== document.body) seen.push(target)
    })
    Object.assign(globalThis, { reach: { all, groupOf, seen } })
    ;(document.activeElement as HTMLElement | null)?.blur()
    getSelection()?.removeAllRanges()
    return all.length
  })
  await page.evaluate(() => {
    // From the top.
    document.body.tabIndex = -1
    document.body.focus()
    document.body.removeAttribute('tabindex')
  })
  for (let i = 0; i <= count; i++) await page.keyboard.press('Tab')
  return page.evaluate(() => {
    type Reach = {
      all: HTMLElement[]
      groupOf(each: Element): Element | string
      seen: Element[]
    }
    const { all, groupOf, seen } = (globalThis as unknown as { reach: Reach }).reach
    const reached = new Set(seen.map(groupOf))
    const name = (each: Element): string => each.outerHTML.slice(0, 140)
    const first = seen.slice(0, new Set(seen).size)
    return {
      missed: all.filter(each => !reached.has(groupOf(each))).map(name),
      disordered: first
        .filter((each, i) => {
          const next = first[i + 1]
          return next && !(each.compareDocumentPosition(next) & Node.DOCUMENT_POSITION_FOLLOWING)
        })
        .map(name),
    }
  })
}
