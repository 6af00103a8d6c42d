import { launchProfile, skipWithoutChromium } from '@tinystories/testing/browser'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DemoBrowser, type Page, startDemo } from './testing/demo-browser.ts'
import { loseDevice, watchDevice } from './testing/graphics-device.ts'
import { TrainPage } from './testing/train-page.ts'

/** Milliseconds: another machine may be slow; vitest ends a test that hangs. */
const LONG = 200_000

describe.skipIf(skipWithoutChromium())('training where something is missing', () => {
  let demo: DemoBrowser
  beforeAll(async () => {
    demo = await startDemo({ webgpu: true })
  })
  afterAll(() => demo?.close())

  const fill = async (page: Page): Promise<void> => {
    const session = await page.context().newCDPSession(page)
    const { origin } = new URL(page.url())
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1000 })
  }
  const says = (train: TrainPage, message: RegExp): Promise<void> =>
    expect
      .poll(() => train.warning.allTextContents(), { timeout: LONG })
      .toContainEqual(expect.stringMatching(message))
  /** Trains, stops and goes on, and gives the model, as long as the page lives. */
  const worksToTheEnd = async (train: TrainPage): Promise<void> => {
    await train.reaches(5)
    await train.button('Pause').click()
    await train.button('Go on').click()
    await train.reaches((await train.step()) + 1)
    const download = train.page.waitForEvent('download')
    await train.button('Download the model').click()
    expect((await download).suggestedFilename()).toMatch(/\.zip$/)
  }

  it('trains without checkpoints where the visitor lets pages keep nothing, and says so', async () => {
    const { context, close } = await launchProfile({ blockStorage: true })
    try {
      const page = await context.newPage()
      page.setDefaultTimeout(0)
      await page.goto(`${demo.url()}#train`)
      const train = new TrainPage(page)
      // It says so before anything is begun.
      await says(train, /storage does not work here .*a run ends with this page/s)
      await train.start()
      await says(train, /storage does not work here .*you can still download the model/s)
      await worksToTheEnd(train)
      expect(await train.problem.textContent()).toBe('')
    } finally {
      await close()
    }
  })

  it('trains without checkpoints in a browser that has no storage at all', async () => {
    const page = await demo.open({
      tab: 'train',
      prepare: page =>
        page.route('**/train-worker-*.js', async route => {
          const answer = await route.fetch()
          const code = await answer.text()
          await route.fulfill({
            response: answer,
            body: `Object.defineProperty(globalThis, 'indexedDB', { value: undefined });${code}`,
          })
        }),
    })
    const train = new TrainPage(page)
    await says(train, /This browser has no storage for pages/)
    await train.start()
    await worksToTheEnd(train)
    await page.context().close()
  })

  it('goes on without a checkpoint when the storage is full from the start', async () => {
    const page = await demo.open({ tab: 'train' })
    const train = new TrainPage(page)
    await fill(page)
    await train.start()
    await says(train, /storage is full|storage does not work/)
    await worksToTheEnd(train)
    await page.context().close()
  })

  it('goes on when the storage fills while it trains, and keeps the last checkpoint', async () => {
    // One thread: two wait long for each other beside other tests, and the next checkpoint is a hundred steps away.
    const page = await demo.open({ tab: 'train', isolated: false })
    const train = new TrainPage(page)
    await train.start()
    await train.saved()
    await fill(page)
    await says(train, /storage (is full|does not work).*Training goes on/)
    const step = await train.step()
    await train.reaches(step + 5)
    await page.reload()
    await page.locator('.resume').waitFor()
    await page.context().close()
  })

  it('goes on with WebAssembly from the checkpoint when WebGPU is lost', async () => {
    const page = await demo.open({ tab: 'train' })
    const train = new TrainPage(page)
    await page.locator('.train-head').waitFor()
    await page.selectOption('#engine', 'webgpu')
    const [worker] = page.workers().filter(each => each.url().includes('train-worker'))
    await watchDevice(worker!)
    await train.start()
    await page.locator('.train-head', { hasText: 'compiled, WebGPU' }).waitFor()
    await train.reaches(1)
    await loseDevice(worker!)
    await says(train, /took WebGPU away.*(begins anew|goes on from step)/)
    await page.locator('.train-head', { hasText: 'compiled, WebAssembly' }).waitFor()
    await train.reaches(2)
    expect(await train.problem.textContent()).toBe('')
    await page.context().close()
  })

  it('trains with TensorFlow.js where ONNX Runtime does not load, and says so', async () => {
    const page = await demo.open({
      tab: 'train',
      prepare: page => page.context().route('**/ort-wasm*.wasm', route => route.abort()),
    })
    const train = new TrainPage(page)
    await train.start()
    await says(train, /TensorFlow\.js, which is slow/)
    await page.locator('.train-head', { hasText: 'TensorFlow.js' }).waitFor()
    await train.reaches(1)
    await page.context().close()
  })
})
