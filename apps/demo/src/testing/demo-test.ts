import { expect, inject, type TestAPI, test } from 'vitest'
import { type DemoBrowser, type OpenOptions, type Page, startDemo } from './demo-browser.ts'

/** What a test of the page is given. */
export interface DemoContext {
  demo: DemoBrowser
  /** Opens the page in a context of its own, which is closed after the test, also when that failed. */
  open(options?: OpenOptions): Promise<Page>
  /** Closes something else after the test, also when that failed. */
  closing(close: () => Promise<unknown>): void
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
    .extend('closing', async ({ task }, { onCleanup }): Promise<DemoContext['closing']> => {
      const all: (() => Promise<unknown>)[] = []
      const closeAll = async (): Promise<void> => {
        for (const close of all.splice(0)) await close()
      }
      const timer = setTimeout(closeAll, task.timeout * SHARE)
      onCleanup(() => {
        clearTimeout(timer)
        return closeAll()
      })
      return close => void all.push(close)
    })
    .extend(
      'open',
      async ({ demo, closing }): Promise<DemoContext['open']> =>
        async options => {
          const violations: string[] = []
          const watch = (page: Page): void => {
            page.on('console', message => {
              if (/Content.Security.Policy/i.test(message.text())) violations.push(message.text())
            })
          }
          const page = await demo.open({
            ...options,
            prepare: async page => {
              watch(page)
              await options?.prepare?.(page)
            },
          })
          closing(async () => {
            await page.context().close()
            if (!options?.isAttacked) expect(violations, 'refused by the content security policy').toEqual([])
          })
          // No wait ends before the page is closed.
          page.setDefaultTimeout(0)
          return page
        },
    ) as unknown as TestAPI<DemoContext>
}
