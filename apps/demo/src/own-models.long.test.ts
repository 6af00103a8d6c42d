import { mkdtemp, open as openFile, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { launchChromium, serveFolder, skipWithoutChromium } from '@tinystories/testing/browser'
import { describe, expect, inject } from 'vitest'
import { type Locator, type Page, storyOf } from './testing/demo-browser.ts'
import { createDemoTest } from './testing/demo-test.ts'
import { modelFiles, models } from './testing/model-files.ts'
import { TrainPage } from './testing/train-page.ts'
import { sees, waitUntil } from './testing/wait-until.ts'

const it = createDemoTest()
const PROMPT = 'Once upon a time, there was a little fox who'

/** The story that an action makes the page write, when it is finished. */
async function storyAfter(page: Page, act: () => Promise<void>): Promise<string> {
  const before = (await page.locator('#panel-write .status').getAttribute('data-count')) ?? 'none'
  await act()
  await page.waitForSelector(`#panel-write .status[data-count]:not([data-count="${before}"])`)
  return storyOf(page)
}

const writeAnother = (page: Page): Promise<string> =>
  storyAfter(page, () => page.getByRole('button', { name: /Write (another|a story)/ }).click())

const problem = (page: Page, text: RegExp): Promise<void> =>
  sees(page, page.locator('#panel-write [role=alert]'), text)

const choice = (page: Page, name: string, panel = 'write'): Locator =>
  page.locator(`#panel-${panel} .model-choice`, { has: page.getByText(name, { exact: true }) })

const useAnother = (page: Page): Promise<void> => page.getByText('Use another model').first().click()

const bring = (page: Page, files: string[]): Promise<void> =>
  page.locator('#panel-write .drop-zone input').setInputFiles(files)

describe.skipIf(skipWithoutChromium())("a visitor's own model", () => {
  const inFolder = it.extend('folder', async ({}, { onCleanup }) => {
    const folder = await mkdtemp(join(tmpdir(), 'demo-models-'))
    onCleanup(() => rm(folder, { recursive: true }))
    return folder
  })

  inFolder('opens, and the page writes with it', async ({ open, folder }) => {
    const page = await open()
    await storyOf(page)
    await useAnother(page)
    const story = await storyAfter(page, async () => bring(page, await modelFiles(folder)))
    const choice = page.locator('#panel-write .model-choice', { hasText: 'model.safetensors' })
    await choice.locator('input:checked').waitFor()
    expect(story).toContain(PROMPT)
  })

  const refused: [what: string, make: (folder: string) => Promise<string[]>, problem: RegExp][] = [
    [
      'a weight file that is cut off',
      async folder =>
        modelFiles(folder, {
          'model.safetensors': (await readFile(join(models, 'small/model.safetensors'))).subarray(0, 5000),
        }),
      /model\.safetensors: .*cut off/,
    ],
    [
      'a tokenizer of another model',
      async folder => {
        const json = JSON.parse(await readFile(join(models, 'tokenizer.json'), 'utf8'))
        for (let i = 0; i < 1000; i++) json.model.vocab[`extra${i}`] = 4096 + i
        return modelFiles(folder, { 'tokenizer.json': JSON.stringify(json) })
      },
      /its tokenizer, of 5096 tokens, is not the one/,
    ],
    [
      'a tokenizer without a vocabulary',
      folder => modelFiles(folder, { 'tokenizer.json': '{"model": {"type": "WordPiece"}}' }),
      /tokenizer\.json|vocab/,
    ],
    [
      'weights that are text',
      folder => modelFiles(folder, { 'model.safetensors': 'Once upon a time' }),
      /model\.safetensors/,
    ],
    [
      'a picture',
      async folder => {
        const path = join(folder, 'picture.png')
        await writeFile(path, Buffer.from('89504e470d0a1a0a', 'hex'))
        return [path]
      },
      /picture\.png: no model was found/,
    ],
    ['weights alone', async folder => (await modelFiles(folder)).slice(0, 1), /config\.json is missing/],
    [
      'a file of a gigabyte',
      async folder => {
        const files = await modelFiles(folder)
        const file = await openFile(join(folder, 'model.safetensors'), 'w')
        // Sparse: it takes no room.
        await file.truncate(2 ** 30)
        await file.close()
        return files
      },
      /model\.safetensors has 1,024 MB; the page opens up to 800 MB/,
    ],
  ]

  inFolder('is refused when it is none, and the previous model still writes', async ({ open, folder }) => {
    const page = await open()
    await storyOf(page)
    await useAnother(page)
    for (const [what, make, message] of refused) {
      await bring(page, await make(await mkdtemp(join(folder, 'model-'))))
      await problem(page, message)
      expect(await writeAnother(page), what).toContain(PROMPT)
    }
    await page.fill('#write-hub', 'no such name!')
    await page.getByRole('button', { name: 'Open', exact: true }).click()
    await problem(page, /does not name a model.*Enter owner\/name/)
    expect(await writeAnother(page)).toContain(PROMPT)
  })

  inFolder('opens again without a network, and writes the story that was there', async ({ open, folder }) => {
    const page = await open({ isolated: false, offline: true })
    await storyOf(page)
    await useAnother(page)
    const story = await storyAfter(page, async () => bring(page, await modelFiles(folder)))
    await waitUntil(
      page,
      'the model is kept',
      () => page.evaluate(countKept),
      count => count === 1,
    )
    await page.evaluate(() => navigator.serviceWorker.ready)
    await page.context().setOffline(true)
    await page.reload()
    await page.waitForSelector('#panel-write .status[data-count="1"]')
    expect(await storyOf(page)).toBe(story)
    await choice(page, 'model.safetensors').locator('input:checked').waitFor()
    // In another panel, and in another tab.
    await page.locator('#tab-inside').click()
    await choice(page, 'model.safetensors', 'inside').locator('input').check()
    await waitUntil(
      page,
      'the address names it',
      () => page.evaluate(() => location.hash),
      hash => hash.startsWith('#inside?model=own-'),
    )
    const other = await open({ isolated: false, beside: page, tab: new URL(page.url()).hash.slice(1) })
    await choice(other, 'model.safetensors', 'inside').locator('input:checked').waitFor()
  })

  inFolder('is told from another of its name, also after a reload', async ({ open, folder }) => {
    const page = await open({ isolated: false })
    await storyOf(page)
    await page.fill('#seed', '3')
    await useAnother(page)
    const names = ['model.safetensors', 'model.safetensors (2)', 'model.safetensors (3)']
    const stories: string[] = []
    for (const [i, id] of ['small', 'tiny', 'medium'].entries()) {
      const files = await modelFiles(await mkdtemp(join(folder, 'model-')), {}, id)
      stories.push(await storyAfter(page, () => bring(page, files)))
      await choice(page, names[i]!).locator('input:checked').waitFor()
    }
    expect(new Set(stories).size).toBe(3)
    await waitUntil(
      page,
      'all are kept',
      () => page.evaluate(countKept),
      count => count === 3,
    )
    await page.reload()
    await page.waitForSelector('#panel-write .status[data-count="1"]')
    expect(await storyOf(page)).toBe(stories[2])
    const shown = await page.locator('#panel-write .model-row .model-name').allTextContents()
    expect(shown.slice(-3)).toEqual(names)
    for (const i of [0, 1]) {
      expect(await storyAfter(page, () => choice(page, names[i]!).locator('input').check())).toBe(stories[i])
    }
  })

  inFolder('fits a phone under the longest of names', async ({ open, folder }) => {
    const page = await open({ isolated: false })
    await storyOf(page)
    await useAnother(page)
    const [weights, ...others] = await modelFiles(folder)
    const name = `${'a'.repeat(180)}.safetensors`
    await rename(weights!, join(folder, name))
    await storyAfter(page, () => bring(page, [join(folder, name), ...others]))
    const fits = async (state: string): Promise<void> => {
      for (const width of [1280, 768, 390, 320]) {
        await page.setViewportSize({ width, height: 800 })
        // A curve is redrawn for the width.
        await waitUntil(
          page,
          `${state} fits ${width} pixels`,
          () => page.evaluate(() => document.documentElement.scrollWidth),
          found => found <= width,
        )
      }
    }
    await choice(page, name).locator('xpath=..').locator('summary').click()
    await fits('write')
    await page.locator('#tab-inside').click()
    await choice(page, name, 'inside').locator('input').check()
    await page.locator('#panel-inside .head-view').waitFor()
    await fits('inside')
    await page.locator('#tab-compare').click()
    await page.getByRole('checkbox', { name }).check()
    await page.getByRole('button', { name: 'Write with 4 models' }).click()
    await page.locator('.compare-column .status .engine').nth(3).waitFor()
    await fits('compare')
    await page.locator('#tab-grade').click()
    await page
      .locator('#panel-grade')
      .getByLabel(/^Small/)
      .uncheck()
    await choice(page, name, 'grade').locator('input').check()
    await page.fill('#grade-prompts', 'One day, a')
    await page.getByRole('button', { name: 'Write completions' }).click()
    await page.getByText('2 written').waitFor()
    await fits('grade')
    await page.locator('#tab-train').click()
    await page.getByLabel(/^A trained model/).check()
    await page.selectOption('#train-from', { index: 3 })
    const train = new TrainPage(page)
    await train.startOnShortStories()
    await train.saved()
    await train.button('Pause').click()
    await train.button('Resume').waitFor()
    await fits('train')
    await page.reload()
    await page.locator('.resume li').waitFor()
    await fits('saved runs')
  })

  it('that is in another browser is said to be there, and another one writes', async ({ open }) => {
    const page = await open({ isolated: false, tab: 'write?model=own-absent&prompt=The%20fox&seed=3' })
    await problem(page, /model of this address is not in this browser/)
    expect(await storyOf(page)).toMatch(/^The fox/)
    await choice(page, 'Medium').locator('input:checked').waitFor()
    await page.getByLabel(/^Tiny/).check()
    await waitUntil(
      page,
      'the message goes with it',
      () => page.locator('#panel-write [role=alert] p').count(),
      count => count === 0,
    )
  })

  inFolder('works where the page is not served securely', async ({ folder, onTestFinished }) => {
    const served = await serveFolder(inject('site'))
    onTestFinished(() => served.close())
    const browser = await launchChromium({ args: ['--host-resolver-rules=MAP plain.example 127.0.0.1'] })
    onTestFinished(() => browser.close())
    const page = await browser.newPage()
    await page.goto(`${served.url.replace('127.0.0.1', 'plain.example')}#write`)
    expect(await page.evaluate(() => isSecureContext)).toBe(false)
    await storyOf(page)
    await useAnother(page)
    expect(await storyAfter(page, async () => bring(page, await modelFiles(folder)))).toContain(PROMPT)
    await page.locator('#tab-train').click()
    const train = new TrainPage(page)
    await train.startOnShortStories()
    await train.reaches(2)
  })
})

/** How many models this browser keeps. */
function countKept(): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open('tinystories-models')
    request.onerror = () => reject(request.error)
    request.onsuccess = () => {
      const count = request.result.transaction('entries').objectStore('entries').count()
      count.onsuccess = () => {
        request.result.close()
        resolve(count.result)
      }
    }
  })
}
