import type { Page } from './demo-browser.ts'

/** Whether the browser would ask before a reload of the page, which is not done. */
export function asksBeforeLeaving(page: Page): Promise<boolean> {
  return page.evaluate(() => !dispatchEvent(new Event('beforeunload', { cancelable: true })))
}
