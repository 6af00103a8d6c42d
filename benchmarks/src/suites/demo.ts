import { buildPage, launchChromium, serveFolder } from '@tinystories/browser-testing'
import { type BenchmarkResult, type BenchmarkRow, inTurns, machine } from '../harness.ts'
import type { DemoPage } from '../pages/demo-page.ts'

export const name = 'demo'
export const description =
  'in headless Chromium: a compiled training step, and writing, against tfjs wasm in the same page'

declare const page: DemoPage

/** Tokens per second of the default model in a page that is cross-origin isolated, then in one that is not. */
export async function run(): Promise<BenchmarkResult> {
  const built = await buildPage(new URL('../pages/demo-page.ts', import.meta.url))
  const browser = await launchChromium()
  const rows: BenchmarkRow[] = []
  try {
    for (const isolated of [true, false]) {
      const served = await serveFolder(built.folder, { isolated })
      const tab = await browser.newPage()
      await tab.goto(served.url)
      const apart = await tab.evaluate(() => page.prepareTraining(2))
      const { tfjsThreads } = await tab.evaluate(() => page.about())
      const place = isolated ? '2 threads' : '1 thread (not isolated)'
      const peer = `tfjs wasm, kernels mended, ${tfjsThreads ? 'threads' : '1 thread'}`
      const training = await inTurns(
        {
          compiled: () => tab.evaluate(() => page.trainStep('compiled')),
          wasm: () => tab.evaluate(() => page.trainStep('wasm')),
        },
        { rounds: 5, warmup: 1 },
      )
      const raw =
        isolated &&
        (await inTurns({ raw: () => tab.evaluate(() => page.trainStep('raw')) }, { rounds: 5 })).raw
      await tab.evaluate(() => page.endTraining())
      await tab.evaluate(() => page.prepareWriting(2))
      const writing = await inTurns(
        {
          compiled: () => tab.evaluate(() => page.write('compiled')),
          wasm: () => tab.evaluate(() => page.write('wasm')),
        },
        { rounds: 5, warmup: 1 },
      )
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
        row(`writing one story, ${place}`, 'tokens/s', writing, peer),
        {
          case: `losses of 3 steps apart, ${place}`,
          metric: 'relative',
          ours: apart,
          peer: 'bound',
          peerValue: 1e-4,
          ratio: 1e-4 / apart,
        },
      )
      await tab.close()
      await served.close()
    }
    return { name, machine: `${machine()}, Chromium ${browser.version()}`, rows }
  } finally {
    await browser.close()
    await built.remove()
  }
}

function row(
  what: string,
  metric: string,
  { compiled, wasm }: { compiled: number; wasm: number },
  peer: string,
): BenchmarkRow {
  return { case: what, metric, ours: compiled, peer, peerValue: wasm, ratio: compiled / wasm }
}
