import { skipWithoutChromium } from '@tinystories/testing/browser'
import { describe, expect } from 'vitest'
import { createDemoTest } from './testing/demo-test.ts'
import { loseDevice, watchDevice } from './testing/graphics-device.ts'
import { TrainPage } from './testing/train-page.ts'

const it = createDemoTest({ webgpu: true })

// SwiftShader compiles every shader on the processor: a first step can take minutes.
describe.skipIf(skipWithoutChromium())('training on WebGPU', () => {
  it('resumes with WebAssembly from the checkpoint when WebGPU is lost', { timeout: 600_000 }, async ({
    open,
  }) => {
    const page = await open({ tab: 'train' })
    const train = new TrainPage(page)
    // The panel's worker looks for earlier runs: it may start before or after this line.
    const isTraining = (worker: { url(): string }): boolean => worker.url().includes('train-worker')
    const worker =
      page.workers().find(isTraining) ?? (await page.waitForEvent('worker', { predicate: isTraining }))
    await page.selectOption('#engine', 'webgpu')
    await watchDevice(worker)
    await train.start()
    await page.locator('.train-head', { hasText: 'compiled, WebGPU' }).waitFor()
    await train.reaches(1)
    await loseDevice(worker)
    await train.warns(/took WebGPU away.*(starts over|resumes from step)/)
    await page.locator('.train-head', { hasText: 'compiled, WebAssembly' }).waitFor()
    await train.reaches(2)
    expect(await train.problem.textContent()).toBe('')
  })
})
