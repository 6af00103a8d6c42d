import { buildSite, launchChromium, serveFolder } from '@tinystories/testing/browser'

export type Browser = Awaited<ReturnType<typeof launchChromium>>
export type Page = Awaited<ReturnType<Browser['newPage']>>

/** The page, built as it is published, in a real browser. */
export interface DemoBrowser {
  browser: Browser
  /** Opens the page at a tab, in a profile of its own. */
  open(options?: OpenOptions): Promise<Page>
  /** Where it is served. */
  url(options?: Pick<OpenOptions, 'isolated'>): string
  close(): Promise<void>
}

export interface OpenOptions {
  tab?: string
  /** Default true. */
  isolated?: boolean
  colorScheme?: 'light' | 'dark'
  width?: number
  /** Before anything is loaded. */
  prepare?: (page: Page) => Promise<unknown>
}

/** Builds, serves with and without isolation, and starts Chromium. */
export async function startDemo({ webgpu = false }: { webgpu?: boolean } = {}): Promise<DemoBrowser> {
  const { folder, remove } = await buildSite(new URL('../../', import.meta.url))
  const [isolated, plain] = [await serveFolder(folder, { isolated: true }), await serveFolder(folder)]
  const browser = await launchChromium({ webgpu })
  return {
    browser,
    url: ({ isolated: wanted = true } = {}) => (wanted ? isolated : plain).url,
    async open({
      tab = 'write',
      isolated: wanted = true,
      colorScheme = 'light',
      width = 1280,
      prepare,
    } = {}) {
      const context = await browser.newContext({
        colorScheme,
        viewport: { width, height: 900 },
        acceptDownloads: true,
      })
      const page = await context.newPage()
      // Another machine may be slow. Before vitest ends the test, so that the error names what was waited for.
      page.setDefaultTimeout(200_000)
      await prepare?.(page)
      await page.goto(`${(wanted ? isolated : plain).url}#${tab}`)
      return page
    },
    async close() {
      await browser.close()
      await isolated.close()
      await plain.close()
      await remove()
    },
  }
}

/** Waits for a story to be told to its end; its text. */
export async function storyOf(page: Page, panel = '#panel-write'): Promise<string> {
  await page.waitForSelector(`${panel} .status .engine`)
  return (await page.locator(`${panel} .story-text`).first().textContent()) ?? ''
}
