import { launchFirefox, serveFolder, skipWithoutFirefox } from '@tinystories/testing/browser'
import { describe, expect, inject, test } from 'vitest'

describe.skipIf(skipWithoutFirefox())('in Firefox', () => {
  test('the page opens, writes a story, and trains some steps', async ({ onTestFinished }) => {
    const host = await serveFolder(inject('site'), { isolated: true })
    onTestFinished(() => host.close())
    const page = await launchFirefox()
    onTestFinished(() => page.close())
    /** Waits until an expression in the page is true. */
    const until = async (expression: string): Promise<void> => {
      while ((await page.evaluate(`Boolean(${expression})`)) !== true)
        await new Promise(resolve => setTimeout(resolve, 200))
    }
    await page.open(`${host.url}#write`)
    await until(`document.querySelector('#panel-write .status[data-count="1"]')`)
    expect(await page.evaluate(`document.querySelector('#panel-write .story-text').textContent`)).toMatch(
      /\w+ \w+ \w+/,
    )
    await page.evaluate(`document.querySelector('#tab-train').click()`)
    await until(`document.querySelector('#train-settings')`)
    await page.evaluate(`document.querySelector('#panel-train button[type=submit]').click()`)
    await until(`Number(document.querySelector('.numbers dd')?.textContent) >= 3`)
    expect(await page.evaluate(`document.querySelector('#panel-train [role=alert]').textContent`)).toBe('')
  })
})
