import { skipWithoutChromium } from '@tinystories/testing/browser'
import { describe, expect } from 'vitest'
import { type Page, storyOf } from './testing/demo-browser.ts'
import { createDemoTest } from './testing/demo-test.ts'
import { sees, waitUntil } from './testing/wait-until.ts'

const it = createDemoTest()

const PROMPT = 'Once upon a time, there was a little fox who'
const OTHER_SCRIPT = 'むかしむかし、あるところに、おじいさんとおばあさんがいました'

/** The story that an action makes the page write, when it is finished. */
async function storyAfter(page: Page, act: () => Promise<void>): Promise<string> {
  const before = (await page.locator('#panel-write .status').getAttribute('data-count')) ?? 'none'
  await act()
  await page.waitForSelector(`#panel-write .status[data-count]:not([data-count="${before}"])`)
  return storyOf(page)
}

const writeAnother = (page: Page): Promise<string> =>
  storyAfter(page, () => page.getByRole('button', { name: /Write (another|a story)/ }).click())

describe.skipIf(skipWithoutChromium())('writing in the page', () => {
  it('writes a first story by itself, and says how fast and with which engine', async ({ open }) => {
    const page = await open()
    const story = await storyOf(page)
    expect(story).toMatch(/^Once upon a time, there was a little fox who \w+/)
    expect(story.length).toBeGreaterThan(PROMPT.length + 100)
    await page.locator('#panel-write .status', { hasText: /\d+ tokens\/s.*WebAssembly/ }).waitFor()
  })

  it('shows the alternatives of a word, and continues from one of them', async ({ open }) => {
    const page = await open()
    await storyOf(page)
    await page.fill('#seed', '7')
    const before = await writeAnother(page)
    const word = page.locator('#panel-write .token:not(.given)').nth(6)
    const position = Number(await word.getAttribute('data-position'))
    await word.click()
    const others = page.locator('.alternatives li button')
    await others.nth(5).waitFor()
    const shares = (await others.locator('.figure').allTextContents()).map(text =>
      Number.parseFloat(text.replace('<', '')),
    )
    expect(shares).toHaveLength(6)
    expect(shares).toEqual(shares.toSorted((a, b) => b - a))
    // Not a line break: only words are elements of their own.
    const chosen = others.locator('span:not([class])', { hasText: /^\p{L}+$/u }).nth(1)
    const text = await chosen.innerText()
    const story = await storyAfter(page, () => chosen.click())
    expect(story.startsWith(before.slice(0, PROMPT.length + 5))).toBe(true)
    const token = page.locator(`#panel-write .token[data-position="${position}"]`)
    expect(await token.textContent()).toBe(text)
    expect(await token.getAttribute('class')).toContain('given')
  })

  it('can be used with the keyboard alone', async ({ open }) => {
    const page = await open()
    await storyOf(page)
    await page.locator('#panel-write .token').first().focus()
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowRight')
    await page.locator('.alternatives').waitFor()
    await page.keyboard.press('Escape')
    await page.locator('.alternatives').waitFor({ state: 'detached' })
    const selected = page.locator('[role=tab][aria-selected=true]')
    await page.locator('#tab-write').focus()
    await page.keyboard.press('ArrowLeft')
    await selected.filter({ hasText: 'Compare sizes' }).waitFor()
    await page.keyboard.press('Home')
    await selected.filter({ hasText: 'Write' }).waitFor()
  })

  it('writes the same story again with the same seed, and another one with another', async ({ open }) => {
    const page = await open()
    await storyOf(page)
    await page.fill('#seed', '7')
    const first = await writeAnother(page)
    expect(await writeAnother(page)).toBe(first)
    await page.fill('#seed', '8')
    expect(await writeAnother(page)).not.toBe(first)
  })

  it('writes a story with words and features, and checks off which it has', async ({ open }) => {
    const page = await open()
    await storyOf(page)
    await page.getByLabel('Choose words and features').check()
    await page.selectOption('#constraint-verb', 'hide')
    await page.selectOption('#constraint-noun', 'spoon')
    await page.selectOption('#constraint-adjective', 'brave')
    for (const name of ['Dialogue', 'Moral']) await page.getByLabel(name, { exact: true }).check()
    expect(await page.locator('#constraint-noun option').count()).toBeGreaterThan(1000)
    await page.fill('#seed', '3')
    const story = await writeAnother(page)
    const checks = page.locator('.checks li')
    expect(await checks.allTextContents()).toEqual(
      ['brave', 'spoon', 'hide', 'Dialogue', 'Moral'].map(label => `${label}: in the story`),
    )
    for (const word of [/brave/, /spoon/, /\bhid/, /["“]/, /The moral of the story is \w/])
      expect(story).toMatch(word)
    // Inserted words are marked as given.
    const given = (await page.locator('#panel-write .token.given').allTextContents()).join(' ')
    expect(given).toContain('moral of the story')
    const written = (await page.locator('#panel-write .token:not(.given)').allTextContents()).join(' ')
    expect(written.length).toBeGreaterThan(given.length * 2)
    // The same constraints hold for a story that continues from another word.
    await page.locator('#panel-write .token:not(.given)').nth(3).click()
    await storyAfter(page, () => page.locator('.alternatives li button').nth(1).click())
    expect(await checks.count()).toBe(5)
    await page.getByLabel('Type a prompt').check()
    expect(await writeAnother(page)).toContain(PROMPT)
    expect(await checks.count()).toBe(0)
  })

  it('says so when it does not know the script of the prompt', async ({ open }) => {
    const page = await open()
    await storyOf(page)
    await page.fill('#prompt', OTHER_SCRIPT)
    await writeAnother(page)
    await page
      .locator('#panel-write .warning', { hasText: 'does not know most of these characters' })
      .waitFor()
  })

  it('names the words of a prompt that it does not know', async ({ open }) => {
    const page = await open()
    await storyOf(page)
    const prompt = 'Once upon a time, José had a 🦊 and'
    await page.fill('#prompt', prompt)
    const story = await writeAnother(page)
    expect(story.slice(0, prompt.length + 1)).toBe(`${prompt} `)
    // A story that continues from another word keeps them.
    await page.locator('#panel-write .token:not(.given)').nth(3).click()
    const other = await storyAfter(page, () => page.locator('.alternatives li button').nth(1).click())
    expect(other.slice(0, prompt.length + 1)).toBe(`${prompt} `)
    const warning = page.locator('#panel-write .warning')
    await sees(page, warning, /no token for a character of José, 🦊: it read the unknown token/)
    await page.fill('#prompt', 'Once upon a time, there was a')
    await writeAnother(page)
    expect(await warning.count()).toBe(0)
  })

  it('explains its terms and links to the paper, the data and the license', async ({ open }) => {
    const page = await open()
    await page.getByRole('button', { name: 'What is sampling?' }).click()
    await page.locator('.explanation', { hasText: 'Temperature below 1' }).waitFor()
    await page.keyboard.press('Escape')
    await page.locator('.explanation', { hasText: 'Temperature below 1' }).waitFor({ state: 'hidden' })
    const links = await page
      .locator('footer a')
      .evaluateAll(all => all.map(each => (each as HTMLAnchorElement).href))
    expect(links.slice(0, 2)).toEqual([
      'https://arxiv.org/abs/2305.07759',
      'https://huggingface.co/datasets/roneneldan/TinyStories',
    ])
    const license = await page.evaluate(async url => (await fetch(url)).text(), links[2] ?? '')
    expect(license).toContain('MIT License')
  })

  it('works without isolation, with TensorFlow.js and with several models at once', async ({ open }) => {
    const page = await open({ isolated: false })
    await page.locator('.engine-note', { hasText: 'one thread' }).waitFor()
    expect(await storyOf(page)).toContain(PROMPT)
    await page.selectOption('#engine', 'tfjs')
    await page.getByRole('button', { name: 'Write another' }).click()
    await page.waitForSelector('#panel-write .status .engine:has-text("TensorFlow.js, WebAssembly")')
    await page.selectOption('#engine', 'auto')
    await page.locator('#tab-compare').click()
    await page.getByRole('button', { name: /Write with \d models/ }).click()
    await page.locator('.compare-column').nth(1).waitFor()
    const columns = await page.locator('.compare-column').count()
    const finished = (): Promise<number> => page.locator('.compare-column .status .engine').count()
    await waitUntil(page, 'every model has written', finished, count => count === columns)
    const stories = await page.locator('.compare-column .story-text').allTextContents()
    expect(await page.locator('#panel-compare .warning').count()).toBe(0)
    expect(new Set(stories).size).toBe(columns)
    for (const story of stories) expect(story).toMatch(/^One day, a girl and her grandmother/)
    await page.fill('#compare-prompt', OTHER_SCRIPT)
    await page.getByRole('button', { name: 'Another seed' }).click()
    await waitUntil(
      page,
      'every model warns',
      () => page.locator('#panel-compare .warning').count(),
      count => count === columns,
    )
  })
})
