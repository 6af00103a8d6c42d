import { launchProfile, skipWithoutChromium } from '@tinystories/testing/browser'
import { describe, expect } from 'vitest'
import { asksBeforeLeaving } from './testing/asks-before-leaving.ts'
import type { Page } from './testing/demo-browser.ts'
import { createDemoTest } from './testing/demo-test.ts'
import { TrainPage } from './testing/train-page.ts'

const it = createDemoTest()

/** Limits what the page may store, in bytes. Chromium asks again how much is left after 30 seconds, or when it runs out. */
async function limitStorage(page: Page, quotaSize: number): Promise<void> {
  const session = await page.context().newCDPSession(page)
  const { origin } = new URL(page.url())
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize })
}

/** Trains, pauses, resumes, and downloads the model. */
async function worksToTheEnd(train: TrainPage): Promise<void> {
  await train.reaches(5)
  await train.button('Pause').click()
  await train.button('Resume').click()
  await train.reaches((await train.step()) + 1)
  const download = train.page.waitForEvent('download')
  await train.button('Download the model').click()
  expect((await download).suggestedFilename()).toMatch(/\.zip$/)
}

describe.skipIf(skipWithoutChromium())('training where something is missing', () => {
  it('trains without checkpoints where the visitor blocks storage, and says so', async ({
    demo,
    closing,
  }) => {
    const { context, close } = await launchProfile({ blockStorage: true })
    closing(close)
    const page = await context.newPage()
    page.setDefaultTimeout(0)
    // One thread, here and below: two that train beside other tests wait for each other.
    await page.goto(`${demo.url({ isolated: false })}#train`)
    const train = new TrainPage(page)
    // It says so before a run is started.
    await train.warns(/storage does not work here .*a run ends with this page/s)
    await train.startOnShortStories()
    await train.warns(/storage does not work here .*you can still download the model/s)
    await worksToTheEnd(train)
    expect(await train.problem.textContent()).toBe('')
  })

  it('trains without checkpoints in a browser that has no storage at all', async ({ open }) => {
    const page = await open({
      tab: 'train',
      isolated: false,
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
    await train.warns(/This browser has no storage for pages/)
    await train.startOnShortStories()
    await worksToTheEnd(train)
  })

  it('trains without a checkpoint when the storage is full from the start', async ({ open }) => {
    const page = await open({ tab: 'train', isolated: false })
    const train = new TrainPage(page)
    await limitStorage(page, 1000)
    await train.startOnShortStories()
    await train.warns(/storage is full|storage does not work/)
    await worksToTheEnd(train)
    expect(await asksBeforeLeaving(page)).toBe(true)
  })

  it('continues when the storage fills while it trains, and keeps the last checkpoint', async ({ open }) => {
    const page = await open({ tab: 'train', isolated: false })
    const train = new TrainPage(page)
    // A run and one checkpoint of it, of 1.2 MB, but no second one beside it.
    await limitStorage(page, 1_900_000)
    await train.startOnShortStories()
    await train.saved()
    await train.warns(/storage (is full|does not work).*Training continues/)
    await train.reaches((await train.step()) + 5)
    await page.reload()
    await page.locator('.resume').waitFor()
  })

  it('trains with TensorFlow.js where ONNX Runtime does not load, and says so', async ({ open }) => {
    const page = await open({
      tab: 'train',
      prepare: page => page.context().route('**/ort-wasm*.packed', route => route.abort()),
    })
    const train = new TrainPage(page)
    await train.startOnShortStories()
    await train.warns(/TensorFlow\.js, which is slow/)
    await page.locator('.train-head', { hasText: 'TensorFlow.js' }).waitFor()
    await train.reaches(1)
  })
})
