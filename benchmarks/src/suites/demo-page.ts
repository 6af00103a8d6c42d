import { buildSite, launchChromium, serveFolder } from '@tinystories/testing/browser'
import {
  firstStory,
  longestTask,
  lookInside,
  type Page,
  readPaper,
  startTraining,
  switchPanels,
  visit,
  writeStories,
} from '../demo-visit.ts'
import { type BenchmarkResult, type BenchmarkRow, machine, median } from '../harness.ts'

export const name = 'demo-page'
export const description =
  'in headless Chromium: what a visitor of the demo downloads and waits for, and the longest tasks of the page'

/** What the page has to stay within: milliseconds, bytes as a host with gzip sends them, milliseconds. */
const BOUNDS = { firstWord: 2000, download: 1.5e6, task: 50 }
const VISITS = 3
const TRAINING_SECONDS = 20

/** Waits and tasks of the built page, isolated and not. */
export async function run(): Promise<BenchmarkResult> {
  const site = await buildSite(new URL('../../../apps/demo/', import.meta.url))
  const browser = await launchChromium()
  const rows: BenchmarkRow[] = []
  try {
    for (const isolated of [true, false]) {
      const place = isolated ? 'isolated' : 'not isolated'
      const served = await serveFolder(site.folder, { isolated, compressed: true })
      const [first, again]: [number[], number[]] = [[], []]
      for (let i = 0; i < VISITS; i++) {
        const sentBefore = bytes(served.sent)
        const page = await visit(browser, served.url)
        first.push((await firstStory(page)).word)
        if (rows.length === 0)
          rows.push(
            within(
              'download before the first story',
              'bytes',
              bytes(served.sent) - sentBefore,
              BOUNDS.download,
            ),
          )
        await page.evaluate(() => navigator.serviceWorker.ready)
        again.push((await firstStory(await visit(browser, served.url, page))).word)
        await page.context().close()
      }
      rows.push(
        within(`first word, first visit, ${place}`, 'ms', median(first), BOUNDS.firstWord),
        within(`first word, second visit, ${place}`, 'ms', median(again), BOUNDS.firstWord),
      )
      const add = (what: string, ms: number): void => {
        rows.push(within(`longest task, ${what}, ${place}`, 'ms of CPU', ms, BOUNDS.task))
      }
      // Traced apart: that slows a page down. A browser that has just started has compiled nothing yet.
      const started: number[] = []
      for (let i = 0; i < VISITS; i++) started.push(await openingOfNewBrowser(served.url))
      add('opening, browser just started', Math.max(...started))
      const page = await visit(browser, 'about:blank')
      const task = async (what: string, act: () => Promise<unknown>): Promise<void> =>
        add(what, await longestTask(browser, page, act))
      await task('opening once more', () => open(page, served.url))
      for (const [what, act] of activities) await task(what, () => act(page))
      await page.context().close()
      await served.close()
    }
  } finally {
    await browser.close()
    await site.remove()
  }
  return { name, machine: `${machine()}, Chromium ${browser.version()}`, rows }
}

async function open(page: Page, url: string): Promise<void> {
  await page.goto(url)
  await firstStory(page)
  await page.waitForTimeout(1000)
}

/** The longest task of opening the page in a browser of its own. */
async function openingOfNewBrowser(url: string): Promise<number> {
  const browser = await launchChromium()
  try {
    const page = await visit(browser, 'about:blank')
    return await longestTask(browser, page, () => open(page, url))
  } finally {
    await browser.close()
  }
}

const activities: [what: string, act: (page: Page) => Promise<void>][] = [
  ['scrolling through the paper', readPaper],
  ['ten stories', page => writeStories(page, 10)],
  ['switching panels', switchPanels],
  ['ablation and neurons', lookInside],
  [
    `training and its start, ${TRAINING_SECONDS} s`,
    async page => {
      await startTraining(page)
      await page.waitForTimeout(TRAINING_SECONDS * 1000)
    },
  ],
]

const bytes = (sent: ReadonlyMap<string, number>): number =>
  [...sent.values()].reduce((sum, each) => sum + each, 0)

function within(what: string, metric: string, ours: number, bound: number): BenchmarkRow {
  return { case: what, metric, ours, peer: 'bound', peerValue: bound, ratio: bound / ours }
}
