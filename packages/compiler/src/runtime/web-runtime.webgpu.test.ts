import { buildPage, launchChromium, serveFolder, skipWithoutChromium } from '@tinystories/testing/browser'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WEBGPU_EVERY } from '../testing/all-cases.ts'
import type { TestPage } from '../testing/web-page.ts'

declare const page: TestPage

// Chromium's WebGPU is SwiftShader here, which computes on the processor: slow, so these tests run after the others.
describe.skipIf(skipWithoutChromium())('the web runtime in Chromium on WebGPU', () => {
  const closing: (() => Promise<unknown>)[] = []
  let graphics: Awaited<ReturnType<Awaited<ReturnType<typeof launchChromium>>['newPage']>>

  beforeAll(async () => {
    const { folder, remove } = await buildPage(new URL('../testing/web-page.ts', import.meta.url))
    closing.push(remove)
    const served = await serveFolder(folder, { isolated: true })
    closing.push(served.close)
    const browser = await launchChromium({ webgpu: true })
    closing.push(() => browser.close())
    graphics = await browser.newPage()
    await graphics.goto(served.url)
  })
  afterAll(async () => {
    for (const close of closing.reverse()) await close()
  })

  // The standard of WGSL grants sines and cosines this error.
  it('agrees with tfjs on the kernels within 2^-11', async () => {
    const { wrong } = await graphics.evaluate(
      every => page.kernels({ providers: ['webgpu', 'wasm'] }, { every, slack: 2 ** -11 }),
      WEBGPU_EVERY,
    )
    expect(wrong).toEqual([])
  })

  it('reports a lost device to every call', async () => {
    for (const code of await graphics.evaluate(() => page.lostDevice())) {
      expect(code).toBe('device-lost')
    }
  })

  it('trains as eager tfjs does, with the state on the device', async () => {
    const { compiled, eager } = await graphics.evaluate(() =>
      page.training({ providers: ['webgpu', 'wasm'] }, 5),
    )
    // WGSL's functions have larger errors than the processor's.
    expect(compiled).toBeNear(eager, { absolute: 1e-5, relative: 1e-5 })
  })
})
