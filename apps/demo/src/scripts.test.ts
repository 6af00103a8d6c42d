import { skipWithoutChromium } from '@tinystories/testing/browser'
import { describe, expect } from 'vitest'
import { createDemoTest } from './testing/demo-test.ts'
import { waitUntil } from './testing/wait-until.ts'

const it = createDemoTest()

describe.skipIf(skipWithoutChromium())('any script, any network', () => {
  it('lays right-to-left texts out from the right, in fields and in stories, and keeps them through a reload', async ({
    open,
  }) => {
    const page = await open()
    await page.waitForSelector('#panel-write .status[data-count="1"]')
    const field = page.locator('#panel-write textarea').first()
    const direction = (): Promise<string> => field.evaluate(each => getComputedStyle(each).direction)
    for (const [text, expected] of [
      ['كان يا ما كان، ثعلب صغير', 'rtl'],
      ['היה היה פעם שועל קטן', 'rtl'],
      ['从前有一只小狐狸', 'ltr'],
      ['🦊 and a friend', 'ltr'],
    ] as const) {
      await field.fill(text)
      expect(await direction(), text).toBe(expected)
    }
    const text = 'كان يا ما كان Tom'
    await field.fill(text)
    const written = await page.locator('#panel-write .status').getAttribute('data-count')
    await page.getByRole('button', { name: 'Write another' }).click()
    await page.waitForSelector(`#panel-write .status[data-count]:not([data-count="${written}"])`)
    expect(await page.locator('#panel-write .story-text').first().getAttribute('dir')).toBe('auto')
    await page.reload()
    await waitUntil(
      page,
      'the prompt is there again',
      () => field.inputValue(),
      value => value === text,
    )
  })

  it('says on a slow network that the model is on its way, and writes when it is there', async ({ open }) => {
    const page = await open({ tab: 'paper' })
    await page.locator('.hero .token:not(.given)').first().waitFor()
    const session = await page.context().newCDPSession(page)
    await session.send('Network.enable')
    // 3 Mbit/s and 150 ms, as a phone in the country has.
    await session.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 150,
      downloadThroughput: 375_000,
      uploadThroughput: 100_000,
    })
    await session.send('Network.setCacheDisabled', { cacheDisabled: true })
    const errors: string[] = []
    page.on('pageerror', error => errors.push(error.message))
    await page.reload()
    await waitUntil(
      page,
      'the page says that something is on its way, before there is a story',
      () => page.locator('#panel-paper').innerText(),
      text => /Loading|on its way/.test(text),
    )
    await page.locator('.hero .token:not(.given)').first().waitFor()
    expect(errors).toEqual([])
  })
})
