import {
  buildPage,
  launchChromium,
  type ServedFolder,
  serveFolder,
  skipWithoutChromium,
} from '@tinystories/testing/browser'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestPage } from '../testing/web-page.ts'

declare const page: TestPage

type Browser = Awaited<ReturnType<typeof launchChromium>>
type Page = Awaited<ReturnType<Browser['newPage']>>

describe.skipIf(skipWithoutChromium())('the web runtime in Chromium', () => {
  const closing: (() => Promise<unknown>)[] = []
  let folder: string
  let isolated: Page

  beforeAll(async () => {
    const built = await buildPage(new URL('../testing/web-page.ts', import.meta.url))
    closing.push(built.remove)
    folder = built.folder
    const browser = await launchChromium({ args: ['--js-flags=--expose-gc'] })
    closing.push(() => browser.close())
    isolated = await open(browser, { isolated: true })
  })
  afterAll(async () => {
    for (const close of closing.reverse()) await close()
  })

  async function open(browser: Browser, options: { isolated: boolean }): Promise<Page> {
    const served: ServedFolder = await serveFolder(folder, options)
    closing.push(served.close)
    const opened = await browser.newPage()
    await opened.goto(served.url)
    return opened
  }

  it('has threads in a page that is cross-origin isolated', async () => {
    expect(await isolated.evaluate(() => page.isolated())).toBe(true)
    expect(await isolated.evaluate(() => page.inForce({ threads: 2 }))).toEqual({
      threads: 2,
      providers: ['wasm'],
    })
  })

  it('agrees with tfjs on every kernel, in a worker with two threads', async () => {
    const { tried, wrong } = await isolated.evaluate(() => page.kernels({ threads: 2 }))
    expect(wrong).toEqual([])
    expect(tried).toBeGreaterThan(200)
  })

  it.each(['worker', 'same-thread'] as const)('trains as eager tfjs does (%s)', async place => {
    const { compiled, eager } = await isolated.evaluate(
      place => page.training({ place, threads: 2 }, 20),
      place,
    )
    expect(compiled).toHaveLength(22)
    // float32, summed in another order.
    expect(compiled).toBeNear(eager, { absolute: 1e-6, relative: 1e-6 })
    expect(compiled[19]!).toBeLessThan(compiled[0]! / 2)
  })

  it.each(['worker', 'same-thread'] as const)(
    'keeps state, copies what crosses, and says when it is gone (%s)',
    async place => {
      const results = await isolated.evaluate(place => page.state({ place, threads: 1 }), place)
      expect(results).toEqual({
        before: [1, 2],
        first: [1, 2],
        after: [2, 3],
        last: [4, 5],
        by: 1,
        missing: 'missing-input',
        disposed: 'disposed',
      })
    },
  )

  it('keeps nothing of what it has answered, and of the state only what is current', async () => {
    const kept = await isolated.evaluate(() => page.kept({ place: 'same-thread', threads: 1 }, 20))
    expect(kept).toEqual({ answers: 0, stale: 0 })
  })

  it('leaves the page free while a graph runs in a worker', async () => {
    const during = (place: 'worker' | 'same-thread'): Promise<number> =>
      isolated.evaluate(place => page.messagesDuringRun({ threads: 1, place }), place)
    // In the same thread a run blocks: only the few messages before and after it are handled.
    expect(await during('worker')).toBeGreaterThan(5 * (await during('same-thread')) + 20)
  })

  it('lets timers and messages through between runs in the same thread', async () => {
    expect(await isolated.evaluate(() => page.timersBetween({ place: 'same-thread' }, 500))).toBeGreaterThan(
      1,
    )
  })

  it('says what is wrong with options and files', async () => {
    const failure = (options: Parameters<TestPage['failure']>[0]) =>
      isolated.evaluate(options => page.failure(options), options)
    for (const options of [{ runtime: 'node' }, { threads: 0 }, { providers: ['cuda'] }] as const)
      expect(await failure(options)).toBe('invalid-option')
    expect(await failure({ providers: ['webgpu'] })).toBe('missing-provider')
    expect(await failure({ wasmPaths: 'nowhere/' })).toBe('package-does-not-load')
    expect(
      await isolated.evaluate(() => page.inForce({ providers: ['webgpu', 'wasm'], threads: 1 })),
    ).toEqual({
      threads: 1,
      providers: ['wasm'],
    })
  })

  it('works with one thread in a page that is not isolated', async () => {
    const plain = await open(isolated.context().browser()!, { isolated: false })
    expect(await plain.evaluate(() => page.isolated())).toBe(false)
    expect(await plain.evaluate(() => page.inForce({ threads: 4 }))).toEqual({
      threads: 1,
      providers: ['wasm'],
    })
    const { compiled, eager } = await plain.evaluate(() => page.training({}, 3))
    // float32, summed in another order.
    expect(compiled).toBeNear(eager, { absolute: 1e-6, relative: 1e-6 })
  })
})
