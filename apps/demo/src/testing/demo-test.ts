import { inject, type TestAPI, test } from 'vitest'
import { type DemoBrowser, type OpenOptions, type Page, startDemo } from './demo-browser.ts'

/** What a test of the page is given. */
export interface DemoContext {
  demo: DemoBrowser
  /** Opens the page in a context of its own, which is closed after the test, also when that failed. */
  open(options?: OpenOptions): Promise<Page>
}

/**
 * The share of a test's time after which its pages are closed: before vitest ends the test, so that the wait that fails
 * then says what it waited for.
 */
const SHARE = 5 / 6

/**
 * `test` for the built page: one browser for the file, pages of its own for each test.
 *
 * @param options `webgpu`: whether the page sees a WebGPU adapter
 */
export function createDemoTest(options: { webgpu?: boolean } = {}): TestAPI<DemoContext> {
  return test
    .extend('demo', { scope: 'file' }, async ({}, { onCleanup }): Promise<DemoBrowser> => {
      const demo = await startDemo(inject('site'), options)
      onCleanup(() => demo.close())
      return demo
    })
    .extend('open', async ({ demo, task }, { onCleanup }): Promise<DemoContext['open']> => {
      const pages: Page[] = []
      const close = async (): Promise<void> => {
        for (const page of pages.splice(0)) await page.context().close()
      }
      const timer = setTimeout(close, task.timeout * SHARE)
      onCleanup(() => {
        clearTimeout(timer)
        return close()
      })
      return async options => {
        const page = await demo.open(options)
        // No wait ends before the pages are closed.
        page.setDefaultTimeout(0)
        pages.push(page)
        return page
      }
    }) as unknown as TestAPI<DemoContext>
}
