import { buildSite, launchChromium, serveFolder } from '@tinystories/testing/browser'
import { type MemorySample, memoryNow, startTraining, visit } from '../demo-visit.ts'
import { type BenchmarkResult, type BenchmarkRow, machine, median } from '../harness.ts'

export const name = 'demo-memory'
export const description =
  'memory while the demo trains in headless Chromium, each minute after a collection of garbage (MINUTES, default 10)'

/** What is flat: the last third may be larger than the minutes 2 to 4 by so much. */
const BOUND = 0.03
const MB = 1e6

/** Trains in the published page for minutes, and looks at its memory. */
export async function run(): Promise<BenchmarkResult> {
  const minutes = Number(process.env.MINUTES ?? 10)
  if (!(Number.isInteger(minutes) && minutes >= 4 && minutes < 30)) {
    throw new Error(`MINUTES is ${process.env.MINUTES}: give a whole number from 4 to 29`)
  }
  const site = await buildSite(new URL('../../../apps/demo/', import.meta.url))
  const served = await serveFolder(site.folder, { isolated: true })
  const browser = await launchChromium()
  const samples: MemorySample[] = []
  try {
    const page = await visit(browser, `${served.url}#train`)
    await startTraining(page)
    const began = performance.now()
    console.log('minute    step  page MB  worker MB  elements  renderer MB  browser MB')
    for (let minute = 1; minute <= minutes; minute++) {
      await new Promise(resolve => setTimeout(resolve, began + minute * 60_000 - performance.now()))
      const sample = { minute, ...(await memoryNow(browser, page)) }
      samples.push(sample)
      console.log(
        [
          String(minute).padStart(6),
          String(sample.step).padStart(7),
          (sample.page / MB).toFixed(1).padStart(8),
          (sample.worker / MB).toFixed(1).padStart(10),
          String(sample.nodes).padStart(9),
          (sample.renderer / MB).toFixed(1).padStart(12),
          (sample.browser / MB).toFixed(1).padStart(11),
        ].join(' '),
      )
    }
  } finally {
    await browser.close()
    await served.close()
    await site.remove()
  }
  // The first minute still loads what a first sample and a first checkpoint need.
  const early = samples.slice(1, 4)
  const late = samples.slice(-Math.max(1, Math.floor(minutes / 3)))
  const rows = (['page', 'worker', 'renderer', 'browser'] as const).flatMap((what): BenchmarkRow[] => {
    const [before, after] = [early, late].map(list => median(list.map(sample => sample[what])))
    if (!before || !after) return []
    return [
      {
        case: `${what}, last ${late.length} of ${minutes} minutes`,
        metric: 'MB',
        ours: after / MB,
        peer: `the same page in minutes 2 to 4, and ${BOUND * 100} %`,
        peerValue: (before * (1 + BOUND)) / MB,
        ratio: (before * (1 + BOUND)) / after,
      },
    ]
  })
  return { name, machine: `${machine()}, Chromium ${browser.version()}`, rows }
}
