import { skipWithoutChromium } from '@tinystories/testing/browser'
import { describe, expect } from 'vitest'
import { axeFindings } from './testing/axe.ts'
import { type Page, storyOf } from './testing/demo-browser.ts'
import { createDemoTest } from './testing/demo-test.ts'
import { keyboardReach } from './testing/keyboard.ts'
import { TrainPage } from './testing/train-page.ts'
import { waitUntil } from './testing/wait-until.ts'

const it = createDemoTest()

const tabs = ['write', 'train', 'inside', 'grade', 'compare']

/** Shows every panel of one page after another, as soon as there is something to see. */
async function eachPanel(page: Page, look: (tab: string) => Promise<void>): Promise<void> {
  await storyOf(page)
  for (const tab of tabs) {
    await page.locator(`#tab-${tab}`).click()
    await page.locator(`#panel-${tab} > :not(.quiet)`).first().waitFor()
    if (tab === 'inside') await page.locator('.lens').waitFor()
    await look(tab)
  }
}

function width(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth)
}

/** Collects accessibility faults of the states that a test goes through. */
function faultsOf(page: Page): { look(state: string): Promise<void>; all: string[] } {
  const all: string[] = []
  const look = async (state: string): Promise<void> => {
    all.push(...(await axeFindings(page)).map(fault => `${state}: ${fault}`))
  }
  return { look, all }
}

describe.skipIf(skipWithoutChromium())('the page as a whole', () => {
  it('fits every width, and axe finds nothing, in any panel at rest', async ({ open }) => {
    const page = await open()
    const faults = faultsOf(page)
    const height = 900
    const fits = async (pixels: number, state: string): Promise<void> => {
      await page.setViewportSize({ width: pixels, height })
      expect.soft(await width(page), `${state} at ${pixels}`).toBeLessThanOrEqual(pixels)
    }
    await eachPanel(page, async tab => {
      await faults.look(`${tab} in light colors`)
      for (const pixels of [320, 768, 390]) await fits(pixels, tab)
      await page.emulateMedia({ colorScheme: 'dark' })
      await faults.look(`${tab} in dark colors at a phone`)
      await page.emulateMedia({ colorScheme: 'light' })
      await page.setViewportSize({ width: 1280, height })
    })
    await page.locator('#tab-write').click()
    await page.getByLabel('Choose words and features').check()
    await page.locator('#constraint-noun').waitFor()
    for (const pixels of [768, 390, 320]) await fits(pixels, 'constraints')
    expect(faults.all).toEqual([])
  })

  describe('axe finds nothing', () => {
    // One thread: two that train beside other tests wait for each other.
    const options = { isolated: false }

    it('while it writes, with alternatives and problems', async ({ open }) => {
      const page = await open(options)
      const faults = faultsOf(page)
      await storyOf(page)
      await page.getByText('Use another model').first().click()
      await page.fill('#write-hub', 'no such name!')
      await page.locator('#panel-write').getByRole('button', { name: 'Open', exact: true }).click()
      await page.locator('#panel-write [role=alert] p').waitFor()
      await page.locator('#panel-write .token:not(.given)').nth(4).click()
      await page.locator('.alternatives li').first().waitFor()
      await faults.look('alternatives and a problem')
      await page.keyboard.press('Escape')
      await page.getByLabel('Choose words and features').check()
      await page.locator('#constraint-noun option').nth(5).waitFor({ state: 'attached' })
      await page.getByRole('button', { name: 'Write another' }).click()
      await faults.look('constraints, writing')
      await storyOf(page)
      await faults.look('constraints, written')
      await page.locator('#tab-compare').click()
      await page.getByRole('button', { name: /Write with/ }).click()
      await page.locator('.compare-column .status .engine').first().waitFor()
      await faults.look('compared')
      expect(faults.all).toEqual([])
    })

    it('while it trains, paused, and with a run to resume', async ({ open }) => {
      const page = await open({ ...options, tab: 'train' })
      const faults = faultsOf(page)
      const train = new TrainPage(page)
      await train.start()
      await faults.look('training starts')
      await train.saved()
      await page.locator('.samples li').first().waitFor()
      await faults.look('training')
      for (const pixels of [768, 390, 320, 1280]) {
        await page.setViewportSize({ width: pixels, height: 900 })
        // The curve is redrawn for the width.
        await waitUntil(
          page,
          `training fits ${pixels} pixels`,
          () => width(page),
          found => found <= pixels,
        )
      }
      await train.button('Pause').click()
      await train.button('Resume').waitFor()
      await faults.look('paused')
      await page.reload()
      await page.locator('.resume').waitFor()
      await faults.look('a run to resume')
      expect(faults.all).toEqual([])
    })
  })

  it('can be used with the keyboard alone, in document order', async ({ open }) => {
    const page = await open()
    await eachPanel(page, async tab => {
      await page.locator(`#panel-${tab} details`).evaluateAll(all => {
        for (const details of all) (details as HTMLDetailsElement).open = true
      })
      expect(await keyboardReach(page), tab).toEqual({ missed: [], disordered: [] })
    })
    await page.locator('#tab-write').click()
    await page.getByLabel('Choose words and features').check()
    await page.locator('#constraint-noun option').nth(5).waitFor({ state: 'attached' })
    expect(await keyboardReach(page), 'constraints').toEqual({ missed: [], disordered: [] })
  })

  it('shows heads by class, an ablation, and what neurons are active on', async ({ open }) => {
    const page = await open({ tab: 'inside' })
    await page.locator('.head-tile').nth(15).waitFor()
    expect(await page.locator('.head-tile').count()).toBe(16)
    const distance = page.locator('.head-group', { hasText: 'Distance heads' }).locator('.figure')
    const scores = (await distance.allTextContents()).map(Number)
    expect(scores.every(score => score >= 0.5)).toBe(true)
    await page.getByRole('button', { name: /^Ablate/ }).click()
    await page.locator('.two-completions').waitFor()
    const completions = await page.locator('.completion').allTextContents()
    expect(completions).toHaveLength(2)
    const change = (await page.locator('#panel-inside .measure').textContent()) ?? ''
    expect(change).toMatch(
      /^The text costs \d\.\d\d bits per byte.*without head \d of layer \d, instead of \d\.\d\d \([+-]/,
    )
    // The last layer of the lens is the model itself.
    const last = page.locator('.lens tr').last()
    expect(await last.locator('th').textContent()).toBe('Layer 4')
    const shares = (await last.locator('td .figure').allTextContents()).map(text => Number.parseFloat(text))
    expect(shares).toEqual(shares.toSorted((a, b) => b - a))
    await page.getByRole('button', { name: 'Find top activations' }).click()
    await page.locator('.neurons > li').nth(5).waitFor()
    expect(await page.locator('.neurons > li').count()).toBe(6)
    expect(await page.locator('.neurons > li:first-child mark').count()).toBe(6)
    expect(await axeFindings(page)).toEqual([])
    // A text that the model cannot read.
    await page.fill('#inside-text', 'むかしむかし、あるところに、おじいさんとおばあさんがいました')
    await page.getByRole('button', { name: 'Show attention' }).click()
    await page.locator('#panel-inside .warning', { hasText: 'does not know most' }).waitFor()
    await page.fill('#inside-text', '')
    await page.getByRole('button', { name: 'Show attention' }).click()
    await page.locator('#panel-inside [role=alert]', { hasText: 'Enter a text of a few words' }).waitFor()
  })
})
