import { launchChromium, serveFolder } from '@tinystories/testing/browser'

export type Browser = Awaited<ReturnType<typeof launchChromium>>
export type Page = Awaited<ReturnType<Browser['newPage']>>
export type Locator = ReturnType<Page['locator']>

/** The page, built as it is published, in a real browser. */
export interface DemoBrowser {
  browser: Browser
  /** Opens the page at a tab, in a context of its own unless one is given. */
  open(options?: OpenOptions): Promise<Page>
  /** Where it is served. */
  url(options?: Pick<OpenOptions, 'isolated'>): string
  close(): Promise<void>
}

export interface OpenOptions {
  tab?: string
  /** Whether WebAssembly has threads. Default true. */
  isolated?: boolean
  colorScheme?: 'light' | 'dark'
  width?: number
  /** Shares the storage of another page. */
  beside?: Page
  /** Whether the page may install its service worker, which loads all of the page. Default false. */
  offline?: boolean
  /** Whether the test lets something into the page that its content security policy refuses. Default false. */
  isAttacked?: boolean
  /** Runs before anything is loaded. */
  prepare?: (page: Page) => Promise<unknown>
}

/**
 * Serves a built page with and without isolation, and starts Chromium.
 *
 * @param folder the built page
 */
export async function startDemo(folder: string, { webgpu = false } = {}): Promise<DemoBrowser> {
  const [isolated, plain] = [await serveFolder(folder, { isolated: true }), await serveFolder(folder)]
  const browser = await launchChromium({ webgpu })
  const url: DemoBrowser['url'] = ({ isolated: wanted = true } = {}) => (wanted ? isolated : plain).url
  return {
    browser,
    url,
    async open({
      tab = 'write',
      isolated,
      colorScheme = 'light',
      width = 1280,
      beside,
      offline,
      prepare,
    } = {}) {
      const serviceWorkers = offline ? 'allow' : 'block'
      const viewport = { width, height: 900 }
      const context =
        beside?.context() ??
        (await browser.newContext({ colorScheme, viewport, acceptDownloads: true, serviceWorkers }))
      const page = await context.newPage()
      await prepare?.(page)
      await page.goto(`${url(isolated === undefined ? {} : { isolated })}#${tab}`)
      return page
    },
    async close() {
      await browser.close()
      await isolated.close()
      await plain.close()
    },
  }
}

/** Waits for a story to be written to its end; its text. */
export async function storyOf(page: Page, panel = '#panel-write'): Promise<string> {
  await page.waitForSelector(`${panel} .status .engine`)
  return (await page.locator(`${panel} .story-text`).first().textContent()) ?? ''
}
