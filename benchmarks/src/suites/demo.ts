import { buildPage, launchChromium, serveFolder } from '@tinystories/testing/browser'
import { type BenchmarkResult, type BenchmarkRow, inTurns, machine } from '../harness.ts'
import type { DemoPage } from '../pages/demo-page.ts'

export const name = 'demo'
export const description = 'in headless Chromium: training and writing against tfjs wasm in the same page'

declare const page: DemoPage
type Browser = Awaited<ReturnType<typeof launchChromium>>
type Tab = Awaited<ReturnType<Browser['newPage']>>

/** Tokens per second of the default model in a page that is cross-origin isolated, then in one that is not. */
export async function run(): Promise<BenchmarkResult> {
  const browser = await launchChromium()
  try {
    const rows = await measureEngines(browser)
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
