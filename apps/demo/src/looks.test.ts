import { skipWithoutChromium } from '@tinystories/testing/browser'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { seriousFaults } from './testing/axe.ts'
import { type DemoBrowser, type Page, startDemo, storyOf } from './testing/demo-browser.ts'
import { hasDevice, loseDevice, watchDevice } from './testing/graphics-device.ts'
import { keyboardReach } from './testing/keyboard.ts'
import { TrainPage } from './testing/train-page.ts'

/** Milliseconds: another machine may be slow; vitest ends a test that hangs. */
const LONG = 200_000

const tabs = ['write', 'train', 'inside', 'grade', 'compare']

describe.skipIf(skipWithoutChromium())('the page as a whole', () => {
  let demo: DemoBrowser
  beforeAll(async () => {
    demo = await startDemo({ webgpu: true })
  })
  afterEach(async () => {
    // Also after a failure: what goes on in an old page would slow down the second try.
    for (const context of demo.browser.contexts()) await context.close()
  })
  afterAll(() => demo?.close())

  /** Every panel in one page after another, as soon as there is something to see. */
  const eachPanel = async (page: Page, look: (tab: string) => Promise<void>): Promise<void> => {
    await storyOf(page)
    for (const tab of tabs) {
      await page.locator(`#tab-${tab}`).click()
      await page.locator(`#panel-${tab} > :not(.quiet)`).first().waitFor()
      if (tab === 'inside') await page.locator('.head-view').waitFor()
      await look(tab)
    }
  }

  it.each(['light', 'dark'] as const)(
    'has no serious fault of accessibility in any panel, at work or at rest (%s)',
    async colorScheme => {
      // One thread: two that train beside other tests wait for each other so long that no checkpoint comes in time.
      const page = await demo.open({
        colorScheme,
        width: colorScheme === 'dark' ? 390 : 1280,
        isolated: false,
      })
      const faults: string[] = []
      const look = async (state: string): Promise<void> => {
        faults.push(...(await seriousFaults(page)).map(fault => `${state}: ${fault}`))
      }
      await eachPanel(page, look)

      await page.locator('#tab-write').click()
      await page.getByText('Use another model').first().click()
      await page.fill('#write-hub', 'no such name!')
      await page.locator('#panel-write').getByRole('button', { name: 'Open', exact: true }).click()
      await page.locator('#panel-write [role=alert] p').waitFor()
      await page.locator('#panel-write .token:not(.given)').nth(4).click()
      await page.locator('.alternatives li').first().waitFor()
      await look('alternatives and a problem')
      await page.keyboard.press('Escape')
      await page.getByLabel('Choose words and features').check()
      await page.locator('#wish-noun option').nth(5).waitFor({ state: 'attached' })
      await page.getByRole('button', { name: 'Tell another' }).click()
      await look('wishes, writing')
      await storyOf(page)
      await look('wishes, written')

      await page.locator('#tab-train').click()
      const train = new TrainPage(page)
      await train.start()
      await look('training begins')
      await train.saved()
      await page.locator('.samples li').first().waitFor()
      await look('training')
      await train.button('Pause').click()
      await train.button('Go on').waitFor()
      await look('paused')
      await page.reload()
      await page.locator('.resume').waitFor()
      await look('a run from before')

      await page.locator('#tab-inside').click()
      await page.getByRole('button', { name: /^Leave out/ }).click()
      await page.getByRole('button', { name: 'Read the stories' }).click()
      await page.locator('.two-stories').waitFor()
      await page.locator('.neurons > li').first().waitFor()
      await look('ablated, with neurons')

      await page.locator('#tab-compare').click()
      await page.getByRole('button', { name: /Tell it \d times/ }).click()
      await page.locator('.compare-column .status .engine').first().waitFor()
      await look('compared')
      expect(faults.join('\n')).toBe('')
    },
  )

  it('can be used with the keyboard alone, in the order in which it stands', async () => {
    const page = await demo.open()
    await eachPanel(page, async tab => {
      await page.locator(`#panel-${tab} details`).evaluateAll(all => {
        for (const details of all) (details as HTMLDetailsElement).open = true
      })
      expect(await keyboardReach(page), tab).toEqual({ missed: [], disordered: [] })
    })
    await page.locator('#tab-write').click()
    await page.getByLabel('Choose words and features').check()
    await page.locator('#wish-noun option').nth(5).waitFor({ state: 'attached' })
    expect(await keyboardReach(page), 'wishes').toEqual({ missed: [], disordered: [] })
  })

  it.each([390, 768])('needs no scrolling sideways at %i pixels', async width => {
    const page = await demo.open({ width })
    await eachPanel(page, async tab => {
      const widest = await page.evaluate(() => document.documentElement.scrollWidth)
      expect(widest, tab).toBeLessThanOrEqual(width)
    })
    await page.locator('#tab-write').click()
    await page.getByLabel('Choose words and features').check()
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
  })

  it('shows heads in two groups, what changes without one, and what wakes neurons', async () => {
    const page = await demo.open({ tab: 'inside' })
    await page.locator('.head-tile').first().waitFor()
    expect(await page.locator('.head-tile').count()).toBe(16)
    const scores = (await page.locator('.head-tile .figure').allTextContents()).map(Number)
    const distance = await page.locator('.head-group').first().locator('.head-tile').count()
    expect(scores.slice(0, distance).every(score => score >= 0.5)).toBe(true)
    expect(scores.slice(distance).every(score => score < 0.5)).toBe(true)
    await page.getByRole('button', { name: /^Leave out/ }).click()
    await page.locator('.two-stories').waitFor()
    const told = await page.locator('.told').allTextContents()
    expect(told[0]).toMatch(/^Once upon a time, there was a girl named Lily/)
    await page.getByRole('button', { name: 'Read the stories' }).click()
    await page.locator('.neurons > li').first().waitFor()
    expect(await page.locator('.neurons > li').count()).toBe(6)
    expect(await page.locator('.neurons > li:first-child mark').count()).toBe(6)
    // A text that the model cannot read.
    await page.fill('#inside-text', 'むかしむかし、あるところに、おじいさんとおばあさんがいました')
    await page.getByRole('button', { name: 'Read it' }).click()
    await page.locator('#panel-inside .warning', { hasText: 'does not know most' }).waitFor()
    await page.fill('#inside-text', '')
    await page.getByRole('button', { name: 'Read it' }).click()
    await page.locator('#panel-inside [role=alert]', { hasText: 'Give a text of some words' }).waitFor()
  })

  it('goes on with WebAssembly when WebGPU is lost while it writes', async () => {
    const page = await demo.open()
    await storyOf(page)
    // The worker that will have the device keeps it where the test finds it.
    const started = page.waitForEvent('worker')
    await page.selectOption('#engine', 'webgpu')
    const worker = await started
    await watchDevice(worker)
    await page.getByRole('button', { name: 'Tell another' }).click()
    await expect.poll(() => hasDevice(worker), { timeout: LONG }).toBe(true)
    await loseDevice(worker)
    await page.locator('#panel-write .status .engine', { hasText: 'WebAssembly' }).waitFor()
    // While it writes, or already while the engine starts: each way the page says so.
    await expect
      .poll(() => page.locator('#panel-write .sheet').textContent(), { timeout: LONG })
      .toMatch(/took WebGPU away|something else than was chosen\. WebGPU/)
    expect(await storyOf(page)).toMatch(/^Once upon a time/)
  })
})
