import { skipWithoutChromium } from '@tinystories/testing/browser'
import { describe, expect } from 'vitest'
import { storyOf } from './testing/demo-browser.ts'
import { createDemoTest } from './testing/demo-test.ts'

const it = createDemoTest()

/** Each would leave a mark. */
const injected = `
  <script>document.documentElement.dataset.marks += ' inline'</script>
  <img src="data:," onerror="document.documentElement.dataset.marks += ' handler'">
  <iframe srcdoc="<script>parent.document.documentElement.dataset.marks += ' frame'</script>"></iframe>
  <script src="https://elsewhere.example/script.js"></script>
  <script src="data:text/javascript,document.documentElement.dataset.marks+=' data'"></script>
  <base href="https://elsewhere.example/">
  <a id="bait" href="javascript:document.documentElement.dataset.marks+=' link'">a link</a>`

describe.skipIf(skipWithoutChromium())('the content security policy', () => {
  it('runs no script that is put into the page, which works all the same', async ({ open }) => {
    const page = await open({
      isAttacked: true,
      prepare: async page => {
        await page.route('https://elsewhere.example/**', route =>
          route.fulfill({ body: "document.documentElement.dataset.marks += ' elsewhere'" }),
        )
        // Fetched by the browser itself, and changed on its way.
        await page.route(/\/(#.*)?$/, async route => {
          const answer = await route.fetch()
          const html = (await answer.text()).replace('<body>', `<body>${injected}`)
          await route.fulfill({ response: answer, body: html })
        })
      },
    })
    expect(await storyOf(page)).toMatch(/^Once upon a time/)
    await page.evaluate(() => document.querySelector<HTMLElement>('#bait')!.click())
    await page.evaluate(() => {
      const late = document.createElement('script')
      late.textContent = "document.documentElement.dataset.marks += ' late'"
      document.body.append(late)
      document.body.setAttribute('onclick', "document.documentElement.dataset.marks += ' click'")
      document.body.click()
    })
    expect(await page.locator('iframe').count()).toBe(1)
    expect(await page.evaluate(() => document.documentElement.dataset.marks)).toBe(undefined)
    expect(await page.evaluate(() => document.baseURI)).not.toContain('elsewhere')
  })
})
