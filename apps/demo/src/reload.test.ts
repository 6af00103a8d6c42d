import { skipWithoutChromium } from '@tinystories/testing/browser'
import { describe, expect } from 'vitest'
import { type Page, storyOf } from './testing/demo-browser.ts'
import { createDemoTest } from './testing/demo-test.ts'
import { sees, waitUntil } from './testing/wait-until.ts'

const it = createDemoTest()
const options = { isolated: false }

const tab = (page: Page, name: string): Promise<void> => page.locator(`#tab-${name}`).click()
const countOf = (page: Page): Promise<string | null> =>
  page.locator('#panel-write .status[data-count]').getAttribute('data-count')
const written = (page: Page, count: number): Promise<unknown> =>
  page.waitForSelector(`#panel-write .status[data-count="${count}"]`)

describe.skipIf(skipWithoutChromium())('a reload', () => {
  it('in another panel keeps the story and the prompt of Write, and so do Back and Forward', async ({
    open,
  }) => {
    const page = await open(options)
    await written(page, 1)
    await page.fill('#prompt', 'One day, José and his dog')
    await page.getByRole('button', { name: 'Write another' }).click()
    await written(page, 2)
    await page.locator('#panel-write .token:not(.given)').nth(5).click()
    await page.locator('.alternatives li button').nth(1).click()
    await written(page, 3)
    const story = await storyOf(page)
    // Typed, and not written with.
    await page.fill('#prompt', 'A small draft')
    await page.fill('#seed', '77')
    await page.getByLabel('Tint unlikely words').uncheck()
    await tab(page, 'train')
    await page.reload()
    await page.locator('#train-settings').waitFor()
    await tab(page, 'write')
    // With the word that was chosen.
    await written(page, 2)
    expect(await storyOf(page)).toBe(story)
    expect(story).toContain('One day, José and his dog')
    const fields = async (): Promise<unknown[]> => [
      await page.inputValue('#prompt'),
      await page.inputValue('#seed'),
      await page.getByLabel('Tint unlikely words').isChecked(),
    ]
    expect(await fields()).toEqual(['A small draft', '77', false])
    await page.goBack()
    await page.locator('#panel-train').waitFor()
    await page.goForward()
    await page.locator('#panel-write .story-text').waitFor()
    expect(await countOf(page)).toBe('2')
    expect(await storyOf(page)).toBe(story)
    expect(await fields()).toEqual(['A small draft', '77', false])
    // In the panel itself, too.
    await page.reload()
    await written(page, 2)
    expect(await storyOf(page)).toBe(story)
    expect(await fields()).toEqual(['A small draft', '77', false])
    // A link wins over what was left.
    await page.evaluate(() => {
      location.hash = '#write?model=tiny&prompt=The%20end%20of&seed=5'
    })
    await waitUntil(
      page,
      'the linked prompt is there',
      () => page.inputValue('#prompt'),
      text => text === 'The end of',
    )
    await sees(page, page.locator('#panel-write .story-text'), /^The end of/)
  })

  it('keeps words and features, and a new tab has none of it', async ({ open }) => {
    const page = await open(options)
    await written(page, 1)
    await page.getByLabel('Choose words and features').check()
    await page.selectOption('#constraint-noun', 'rocket')
    await page.getByLabel('Twist', { exact: true }).check()
    await page.reload()
    await page.locator('#constraint-noun option').nth(5).waitFor({ state: 'attached' })
    expect(await page.inputValue('#constraint-noun')).toBe('rocket')
    expect(await page.getByLabel('Twist', { exact: true }).isChecked()).toBe(true)
    // What was not yet written with is not in the story.
    await written(page, 1)
    expect(await page.locator('.checks').count()).toBe(0)
    const other = await open({ ...options, beside: page })
    await written(other, 1)
    expect(await other.getByLabel('Type a prompt').isChecked()).toBe(true)
  })

  it('keeps the story of the paper, and what was typed and chosen in its chapters', async ({ open }) => {
    const page = await open({ ...options, tab: 'paper-size' })
    const written = (count: number): Promise<unknown> =>
      page.waitForSelector(`.hero .status[data-count="${count}"]`)
    await written(1)
    await page.locator('.hero').getByLabel(/^Tiny/).check()
    await written(2)
    const story = await page.locator('.hero .story-text').textContent()
    await page.fill('#size-prompt', 'The moon')
    await page.locator('#chapter-instructions').scrollIntoViewIfNeeded()
    await page.selectOption('#instruction-verb', { label: 'none' })
    await page.reload()
    await written(1)
    expect(await page.locator('.hero .story-text').textContent()).toBe(story)
    await page.locator('#chapter-instructions').scrollIntoViewIfNeeded()
    await page.locator('#instruction-verb').waitFor()
    expect(await page.inputValue('#instruction-verb')).toBe('')
    await page.locator('#chapter-size').scrollIntoViewIfNeeded()
    await sees(page, page.locator('#chapter-size .story-text').first(), /^The moon/)
    expect(await page.inputValue('#size-prompt')).toBe('The moon')
  })

  it('keeps what was chosen and typed in the other panels', async ({ open }) => {
    const page = await open({ ...options, tab: 'train' })
    await page.getByLabel(/^Small/).check()
    await page.selectOption('#train-minutes', '10')
    await page.getByLabel('Stories on request').check()
    await tab(page, 'inside')
    await page.locator('.head-view').waitFor()
    await page.fill('#inside-text', 'The fox saw a bird. The bird saw the fox.')
    await page.getByRole('button', { name: 'Show attention' }).click()
    await sees(page, page.locator('.head-view'), /fox/)
    await tab(page, 'compare')
    await page.fill('#compare-prompt', 'Two birds')
    await page.locator('#panel-compare').getByRole('checkbox', { name: 'Medium' }).uncheck()
    await page.getByRole('button', { name: 'Write with 2 models' }).click()
    const stories = page.locator('.compare-column .story-text')
    const ends = page.locator('.compare-column .status .engine')
    await ends.nth(1).waitFor()
    const compared = await stories.allTextContents()
    await tab(page, 'grade')
    await page.fill('#grade-prompts', 'The dog was')
    await page.locator('#panel-grade').getByLabel(/^Tiny/).check()
    await page.fill('#grade-model', 'my-judge')
    await page.locator('#grade-model').blur()
    await page.reload()

    await page.locator('#grade-prompts').waitFor()
    expect(await page.inputValue('#grade-prompts')).toBe('The dog was')
    expect(await page.locator('#panel-grade').getByLabel(/^Tiny/).isChecked()).toBe(true)
    expect(await page.inputValue('#grade-model')).toBe('my-judge')
    await tab(page, 'compare')
    await ends.nth(1).waitFor()
    expect(await stories.allTextContents()).toEqual(compared)
    await tab(page, 'inside')
    await sees(page, page.locator('.head-view'), /fox/)
    expect(await page.inputValue('#inside-text')).toBe('The fox saw a bird. The bird saw the fox.')
    await tab(page, 'train')
    await page.locator('#train-minutes').waitFor()
    expect(await page.inputValue('#train-minutes')).toBe('10')
    expect(
      await page
        .locator('#panel-train')
        .getByLabel(/^Small/)
        .isChecked(),
    ).toBe(true)
    expect(await page.getByLabel('Stories on request').isChecked()).toBe(true)
  })
})
