import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { launchChromium, serveFolder } from '@tinystories/browser-testing'
import { build } from 'vite'

export type Browser = Awaited<ReturnType<typeof launchChromium>>
export type Page = Awaited<ReturnType<Browser['newPage']>>

/** The page, built as it is published, in a real browser. */
export interface DemoBrowser {
  browser: Browser
  /** Opens the page at a tab, in a profile of its own. */
  open(options?: OpenOptions): Promise<Page>
  close(): Promise<void>
}

export interface OpenOptions {
  tab?: string
  /** Default true. */
  isolated?: boolean
  colorScheme?: 'light' | 'dark'
  width?: number
}

/** Builds, serves with and without isolation, and starts Chromium. */
export async function startDemo({ webgpu = false }: { webgpu?: boolean } = {}): Promise<DemoBrowser> {
  const folder = await mkdtemp(join(tmpdir(), 'demo-'))
  const root = fileURLToPath(new URL('../..', import.meta.url))
  await build({
    root,
    configFile: join(root, 'vite.config.ts'),
    logLevel: 'silent',
    build: { outDir: folder, emptyOutDir: true },
  })
  const [isolated, plain] = [await serveFolder(folder, { isolated: true }), await serveFolder(folder)]
  const browser = await launchChromium({ webgpu })
  return {
    browser,
    async open({ tab = 'write', isolated: wanted = true, colorScheme = 'light', width = 1280 } = {}) {
      const context = await browser.newContext({
        colorScheme,
        viewport: { width, height: 900 },
        acceptDownloads: true,
      })
      const page = await context.newPage()
      await page.goto(`${(wanted ? isolated : plain).url}#${tab}`)
      return page
    },
    async close() {
      await browser.close()
      await isolated.close()
      await plain.close()
      await rm(folder, { recursive: true })
    },
  }
}

/** Waits for a story to be told to its end; its text. */
export async function storyOf(page: Page, panel = '#panel-write'): Promise<string> {
  await page.waitForSelector(`${panel} .status .engine`)
  return (await page.locator(`${panel} .story-text`).first().textContent()) ?? ''
}
