import { skipWithoutChromium } from '@tinystories/testing/browser'
import { describe, inject } from 'vitest'
import type { Page } from './testing/demo-browser.ts'
import { createDemoTest } from './testing/demo-test.ts'
import { type HeldHost, startHeldHost } from './testing/held-host.ts'
import { sees, waitUntil } from './testing/wait-until.ts'

const it = createDemoTest().extend('host', async ({}, { onCleanup }): Promise<HeldHost> => {
  const host = await startHeldHost(inject('site'), /\.safetensors$|\.int8$/)
  onCleanup(() => host.close())
  return host
})

/** Of these models nearly all bytes are the weights, of which half has come. */
const HALF = /\b(4\d|5\d) %, \d\.\d of \d\.\d MB/

/** Where it is said, after what a visitor does. Each in a page of its own: browsers load a file once at a time. */
const places: [place: string, act?: (page: Page) => Promise<void>][] = [
  ['#panel-paper .hero .story-empty'],
  ['#panel-paper .hero .status'],
  ['#chapter-learning .story-empty', page => page.locator('#chapter-learning').scrollIntoViewIfNeeded()],
  ['#panel-write .status'],
  ['#panel-write .story-empty'],
  ['#panel-inside .status'],
  [
    '#panel-compare .compare-column:last-child .status',
    page => page.getByRole('button', { name: 'Write with 3 models' }).click(),
  ],
  [
    '#panel-grade .actions > .status >> nth=0',
    page => page.getByRole('button', { name: 'Write completions' }).click(),
  ],
  [
    '#panel-train .train-head p',
    async page => {
      await page.getByLabel(/^A trained model/).check()
      await page.getByRole('button', { name: 'Start training' }).click()
    },
  ],
]

describe.skipIf(skipWithoutChromium())('a model that ships with the page', () => {
  for (const [place, act] of places) {
    it(`says how much of it has come: ${place}`, async ({ open, host }) => {
      const page = await open({ isolated: false })
      await page.goto(`${host.url}#${/panel-(\w+)/.exec(place)?.[1] ?? 'paper'}`)
      await act?.(page)
      await sees(page, page.locator(place), HALF)
      host.release()
      await waitUntil(
        page,
        'the model is there',
        async () => (await page.locator(place).allTextContents()).filter(text => HALF.test(text)).length,
        count => count === 0,
      )
    })
  }
})
