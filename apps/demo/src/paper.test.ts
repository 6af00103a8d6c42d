import { skipWithoutChromium } from '@tinystories/testing/browser'
import { describe, expect } from 'vitest'
import { axeFindings } from './testing/axe.ts'
import type { Page } from './testing/demo-browser.ts'
import { createDemoTest } from './testing/demo-test.ts'
import { sees, waitUntil } from './testing/wait-until.ts'

const it = createDemoTest()

/** Comes near every chapter, as a reader does. */
async function scrollThrough(page: Page): Promise<void> {
  for (const chapter of await page.locator('.chapter').all()) {
    await chapter.scrollIntoViewIfNeeded()
    await chapter.locator('.live > *').first().waitFor()
  }
}

/** Waits for the address to name a place: it follows what is in view, a moment later. */
function addressIs(page: Page, hash: string): Promise<string> {
  return waitUntil(
    page,
    `the address ends with ${hash}`,
    () => page.evaluate(() => location.hash),
    found => found === hash,
  )
}

describe.skipIf(skipWithoutChromium())('the paper', () => {
  it('writes at once, shows its chapters with live parts, and leads to the workshop and back', async ({
    open,
  }) => {
    const page = await open({ tab: '', width: 390, colorScheme: 'dark', isolated: false })
    await page.locator('.hero .status .engine').waitFor()
    await scrollThrough(page)
    const grading = page.locator('#chapter-grading')
    for (const pixels of [320, 768, 1280, 390]) {
      await page.setViewportSize({ width: pixels, height: 800 })
      const width = await page.evaluate(() => document.documentElement.scrollWidth)
      expect.soft(width, `at ${pixels}`).toBeLessThanOrEqual(pixels)
    }
    await grading.scrollIntoViewIfNeeded()
    await addressIs(page, '#paper-grading')

    // Fewer words known, more of the story hidden.
    const data = page.locator('#chapter-data')
    const hidden = (): Promise<number> => data.locator('.unknown-word').count()
    await data.getByRole('slider').fill('0')
    const most = await hidden()
    await data.getByRole('slider').fill('8')
    await waitUntil(page, 'fewer words are hidden', hidden, count => count < most)

    // An untrained model and a trained one continue one beginning.
    const learning = page.locator('#chapter-learning')
    const story = learning.locator('.story-text')
    await learning.locator('.story-text .token:not(.given)').first().waitFor()
    const trained = await story.textContent()
    await learning.getByRole('slider').fill('0')
    await sees(page, learning.locator('.measure'), /^2\.\d+ bits per byte/)
    await sees(
      page,
      story,
      new RegExp(`^(?!${trained!.slice(0, 90).replace(/[^\w ]/g, '.')})Once upon a time`),
    )

    // The visitor is the judge of two stories.
    await grading.getByRole('button', { name: 'This one is better' }).last().click()
    await sees(page, grading.locator('.status'), /You preferred the larger model [01] of 1 times/)
    await grading.locator('article', { hasText: 'parameters' }).nth(1).waitFor()

    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme })
      expect(await axeFindings(page), colorScheme).toEqual([])
    }
    // Who wants less motion is taken to a chapter at once; else the page scrolls there.
    await page.emulateMedia({ reducedMotion: 'reduce' })
    const top = await page.evaluate(async () => {
      location.hash = '#paper-data'
      for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame)
      return document.querySelector('#chapter-data')!.getBoundingClientRect().top
    })
    expect(Math.abs(top)).toBeLessThan(100)
    expect(await page.evaluate(() => document.getAnimations().length)).toBe(0)
    await grading.scrollIntoViewIfNeeded()
    await addressIs(page, '#paper-grading')

    await grading.getByRole('link', { name: /graded by a language model/ }).click()
    await page.locator('#panel-grade #grade-prompts').waitFor()
    await page.goBack()
    await page.locator('#panel-paper').waitFor()
    await addressIs(page, '#paper-grading')
  })

  it('draws its beginning first, and the chapters below it in a task of their own', async ({ open }) => {
    const page = await open({
      tab: 'paper-size',
      isolated: false,
      prepare: page =>
        page.addInitScript(() => {
          new MutationObserver((_, observer) => {
            // What is drawn in the same task is there by now.
            if (!document.querySelector('.hero')) return
            Object.assign(globalThis, { chaptersAtFirst: document.querySelectorAll('.chapter').length })
            observer.disconnect()
          }).observe(document, { childList: true, subtree: true })
        }),
    })
    await page.locator('.chapter').nth(6).waitFor()
    expect(
      await page.evaluate(() => (globalThis as unknown as { chaptersAtFirst: number }).chaptersAtFirst),
    ).toBe(0)
    // A link to a chapter leads there all the same.
    await waitUntil(
      page,
      'the chapter is in view',
      () => page.locator('#chapter-size').evaluate(each => each.getBoundingClientRect().top),
      top => Math.abs(top) < 150,
    )
  })

  it('a link brings back a story with its model, seed and the word that was chosen', async ({ open }) => {
    const page = await open({ isolated: false })
    const done = (count: number): Promise<unknown> =>
      page.waitForSelector(`#panel-write .status[data-count="${count}"]`)
    await done(1)
    await page.getByLabel('Tiny').check()
    await done(2)
    await page.locator('#panel-write .token:not(.given)').nth(6).click()
    await page.locator('.alternatives li button').nth(1).click()
    await done(3)
    const text = await page.locator('#panel-write .story-text').textContent()
    const url = page.url()
    expect(url).toMatch(/#write\?model=tiny&prompt=.*&branches=\d+%3A\d+$/)
    const other = await open({ beside: page, isolated: false, tab: url.slice(url.indexOf('#') + 1) })
    await other.waitForSelector('#panel-write .status[data-count="2"]')
    expect(await other.locator('#panel-write .story-text').textContent()).toBe(text)
    // Back and forth between panels, nothing is written again.
    await other.locator('#tab-train').click()
    await other.goBack()
    await other.locator('#panel-write .story-text').waitFor()
    await addressIs(other, new URL(url).hash)
    expect(await other.locator('#panel-write .status').getAttribute('data-count')).toBe('2')
  })

  it('opens without a network after a visit, and has threads where the host does not isolate it', async ({
    open,
  }) => {
    const page = await open({ tab: '', isolated: false, offline: true })
    await page.locator('.hero .status .engine').waitFor()
    await page.evaluate(() => navigator.serviceWorker.ready)
    await page.context().setOffline(true)
    await page.reload()
    await page.locator('.hero .status .engine').waitFor()
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true)
    expect(await page.locator('.hero .story-text .token:not(.given)').count()).toBeGreaterThan(10)
  })
})
