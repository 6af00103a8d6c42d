import { buildPage, buildSite, launchChromium, serveFolder } from '@tinystories/testing/browser'
import {
  firstStory,
  loadedBytes,
  longestTask,
  pageBytes,
  startTraining,
  visit,
  writeStories,
} from '../demo-visit.ts'
import { type BenchmarkResult, type BenchmarkRow, inTurns, machine, median } from '../harness.ts'
import type { DemoPage } from '../pages/demo-page.ts'

export const name = 'demo'
export const description =
  'in headless Chromium: training and writing against tfjs wasm in the same page; what a visitor of the demo waits for'

declare const page: DemoPage
type Browser = Awaited<ReturnType<typeof launchChromium>>
type Tab = Awaited<ReturnType<Browser['newPage']>>

/** What the page has to reach. */
const BOUNDS = { firstStory: 5000, pageBytes: 2e6, task: 100 }
const VISITS = 5
const TRAINING_SECONDS = 60

/** Tokens per second of the default model in a page that is cross-origin isolated, then in one that is not; then the demo itself. */
export async function run(): Promise<BenchmarkResult> {
  const browser = await launchChromium()
  try {
    const rows = [...(await measureEngines(browser)), ...(await measureDemo(browser))]
    return { name, machine: `${machine()}, Chromium ${browser.version()}`, rows }
  } finally {
    await browser.close()
  }
}

async function measureEngines(browser: Browser): Promise<BenchmarkRow[]> {
  const built = await buildPage(new URL('../pages/demo-page.ts', import.meta.url))
  const rows: BenchmarkRow[] = []
  try {
    for (const isolated of [true, false]) {
      const served = await serveFolder(built.folder, { isolated })
      const tab = await browser.newPage()
      await tab.goto(served.url)
      const apart = await tab.evaluate(() => page.prepareTraining(2))
      const { tfjsThreads } = await tab.evaluate(() => page.about())
      const place = isolated ? '2 threads' : '1 thread (not isolated)'
      const peer = `tfjs wasm, kernels patched, ${tfjsThreads ? 'threads' : '1 thread'}`
      const training = await turns(tab, {
        compiled: () => tab.evaluate(() => page.trainSteps('compiled', 4)),
        wasm: () => tab.evaluate(() => page.trainSteps('wasm', 1)),
      })
      const raw =
        isolated &&
        (await inTurns({ raw: () => tab.evaluate(() => page.trainSteps('raw', 1)) }, { rounds: 5 })).raw
      await tab.evaluate(() => page.endTraining())
      await tab.evaluate(() => page.prepareWriting())
      const writing = await turns(tab, {
        wasm: () => tab.evaluate(() => page.write('wasm')),
        tfjs: () => tab.evaluate(() => page.write('tfjs')),
      })
      if (raw) {
        rows.push(
          row(
            `training step, ${place}`,
            'tokens/s',
            { ...training, wasm: raw },
            'tfjs wasm as it comes, threads',
          ),
        )
      }
      rows.push(
        row(`training step, ${place}`, 'tokens/s', training, peer),
        row(`writing one story, ${place}`, 'tokens/s', { compiled: writing.wasm, wasm: writing.tfjs }, peer),
        within(`losses of 3 steps apart, ${place}`, 'relative', apart, 1e-4),
      )
      await tab.close()
      await served.close()
    }
    return rows
  } finally {
    await built.remove()
  }
}

/**
 * In turns, once each has come to its own speed: Chromium compiles WebAssembly in haste first and well later, in the
 * background, on the cores that are measured. Each figure is printed, so that a disturbed one can be seen.
 */
async function turns<Name extends string>(
  tab: Tab,
  contenders: Record<Name, () => Promise<number>>,
): Promise<Record<Name, number>> {
  for (const measure of Object.values<() => Promise<number>>(contenders)) {
    let before = 0
    for (let i = 0; i < 12; i++) {
      const now = await measure()
      if (i >= 3 && Math.abs(now / before - 1) < 0.05) break
      before = now
    }
  }
  const figures: string[] = []
  const printed = Object.fromEntries(
    Object.entries<() => Promise<number>>(contenders).map(([which, measure]) => [
      which,
      async () => {
        const value = await measure()
        figures.push(`${which} ${Math.round(value)}`)
        return value
      },
    ]),
  ) as Record<Name, () => Promise<number>>
  const medians = await inTurns(printed, { rounds: 7, warmup: 0 })
  console.log(`${new URL(tab.url()).origin}: ${figures.join(', ')}`)
  return medians
}

async function measureDemo(browser: Browser): Promise<BenchmarkRow[]> {
  const site = await buildSite(new URL('../../../apps/demo/', import.meta.url))
  const rows: BenchmarkRow[] = []
  try {
    const { all, stories } = await pageBytes(site.folder)
    for (const isolated of [true, false]) {
      const served = await serveFolder(site.folder, { isolated })
      const place = isolated ? 'isolated' : 'not isolated'
      const words: number[] = []
      const ends: number[] = []
      const opening: number[] = []
      for (let i = 0; i < VISITS; i++) {
        const visited = await visit(browser, served.url)
        const { word, end } = await firstStory(visited)
        words.push(word)
        ends.push(end)
        opening.push(await longestTask(visited))
        await visited.context().close()
      }
      rows.push(
        within(`first word of the first story, ${place}`, 'ms', median(words), BOUNDS.firstStory),
        within(`first story told, ${place}`, 'ms', median(ends), BOUNDS.firstStory),
        within(
          `longest task until then, of ${VISITS} visits, ${place}`,
          'ms',
          Math.max(...opening),
          BOUNDS.task,
        ),
      )
      if (isolated) {
        const loaded = await loadedBytes(browser, served.url)
        rows.push(
          within('page until the first story', 'bytes', loaded.page, BOUNDS.pageBytes),
          {
            case: 'code and styles of all panels and workers',
            metric: 'bytes',
            ours: all - stories,
            ...none,
          },
          { case: 'its model and vocabulary', metric: 'bytes', ours: loaded.model, ...none },
          { case: 'its runtime', metric: 'bytes', ours: loaded.runtime, ...none },
          { case: 'the stories to train on', metric: 'bytes', ours: stories, ...none },
        )
      }
      const visited = await visit(browser, served.url)
      await firstStory(visited)
      await longestTask(visited)
      await writeStories(visited, 10)
      rows.push(within(`longest task, 10 stories, ${place}`, 'ms', await longestTask(visited), BOUNDS.task))
      await startTraining(visited)
      await visited.waitForTimeout(TRAINING_SECONDS * 1000)
      rows.push(
        within(
          `longest task, ${TRAINING_SECONDS} s of training and its start, ${place}`,
          'ms',
          await longestTask(visited),
          BOUNDS.task,
        ),
      )
      await visited.context().close()
      await served.close()
    }
    return rows
  } finally {
    await site.remove()
  }
}

const none = { peer: 'none', peerValue: null, ratio: null }

function row(
  what: string,
  metric: string,
  { compiled, wasm }: { compiled: number; wasm: number },
  peer: string,
): BenchmarkRow {
  return { case: what, metric, ours: compiled, peer, peerValue: wasm, ratio: compiled / wasm }
}

function within(what: string, metric: string, ours: number, bound: number): BenchmarkRow {
  return { case: what, metric, ours, peer: 'bound', peerValue: bound, ratio: bound / ours }
}
