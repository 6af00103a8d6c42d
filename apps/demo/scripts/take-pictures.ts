// Takes pictures of every panel at work, for the README and to be looked at:
//
//   npm exec -- node --conditions=@tinystories/source apps/demo/scripts/take-pictures.ts [--out docs/demo] [--shots 1280:light,390:dark] [--full] [--plain] [--png] [--only write,train]
//
// --full takes the whole length of the page, and not what is seen first; --plain a page that is not isolated.

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startChatServer } from '@tinystories/llm/testing'
import { buildSite } from '@tinystories/testing/browser'
import {
  type DemoBrowser,
  type OpenOptions,
  type Page,
  startDemo,
  storyOf,
} from '../src/testing/demo-browser.ts'
import { TrainPage } from '../src/testing/train-page.ts'

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: fileURLToPath(new URL('../../../docs/demo', import.meta.url)) },
    shots: { type: 'string', default: '1280:light,390:dark' },
    only: { type: 'string' },
    full: { type: 'boolean', default: false },
    plain: { type: 'boolean', default: false },
    png: { type: 'boolean', default: false },
  },
})
/** So long the picture of training has trained. */
const TRAINED_SECONDS = 45

const chapters = ['data', 'learning', 'size', 'depth', 'instructions', 'inside', 'grading']

const scenes: Record<string, (page: Page) => Promise<void>> = {
  async paper(page) {
    await page.locator('.hero .status .engine').waitFor()
  },
  ...Object.fromEntries(
    chapters.map(id => [
      `paper-${id}`,
      async (page: Page): Promise<void> => {
        const chapter = page.locator(`#chapter-${id}`)
        await chapter.locator('.live > *').first().waitFor()
        if (id === 'instructions') {
          await page.locator('#instruction-noun option').nth(5).waitFor({ state: 'attached' })
          await chapter.getByRole('button', { name: 'Write a story with them' }).click()
          await chapter.locator('.status .engine').waitFor()
        }
        if (id === 'inside') await chapter.locator('.head-view').waitFor()
        // Stories are finished when their alternatives are known.
        await page.waitForTimeout(6000)
        await chapter.evaluate(each => each.scrollIntoView())
        await page.waitForTimeout(500)
      },
    ]),
  ),
  async write(page) {
    await storyOf(page)
    await page.fill('#seed', '4')
    await tell(page)
    // Its alternatives come when the story has ended.
    await page.waitForTimeout(500)
    await page.locator('#panel-write .token:not(.given)').nth(9).click()
    await page.locator('.alternatives li').first().waitFor()
  },
  async wishes(page) {
    await storyOf(page)
    await page.getByLabel('Choose words and features').check()
    await page.locator('#constraint-noun option').nth(5).waitFor({ state: 'attached' })
    await page.fill('#seed', '11')
    await tell(page)
  },
  async train(page) {
    const train = new TrainPage(page)
    await train.start()
    await train.saved()
    await page.waitForTimeout(TRAINED_SECONDS * 1000)
  },
  async inside(page) {
    await page.locator('.head-view').waitFor()
    await page.locator('#panel-inside .rail', { hasText: 'not in this text alone' }).waitFor()
    await page.getByRole('button', { name: /^Ablate/ }).click()
    await page.locator('.two-completions').waitFor()
  },
  async grade(page) {
    await page.locator('#grade-prompts').waitFor()
    await page.getByRole('button', { name: 'Write completions' }).click()
    await page.getByText('8 written').waitFor()
    await page.fill('#grade-url', judge.baseURL)
    await page.locator('#grade-url').blur()
    await page.fill('#grade-model', 'judge')
    await page.locator('#grade-model').blur()
    await page.getByRole('button', { name: 'Judge completions' }).click()
    await page.locator('.grade-results').waitFor()
  },
  async compare(page) {
    await page.locator('.compare-column').nth(2).waitFor()
    await page.getByRole('button', { name: /Write with \d models/ }).click()
    for (let i = 0; i < 3; i++) {
      await page.locator('.compare-column').nth(i).locator('.status .engine').waitFor()
    }
  },
}

/** Where the picture begins: a phone shows little at a time. */
async function topOf(page: Page, name: string): Promise<number | undefined> {
  if (name.startsWith('paper-')) return undefined
  const first = { wishes: '.constraint-words', grade: '.grade-results', compare: '.compare-columns' }[name]
  const isPhone = (page.viewportSize()?.width ?? 0) < 600
  if (!first || !isPhone) return 0
  return page.locator(first).evaluate(each => each.getBoundingClientRect().top + scrollY - 12)
}

async function tell(page: Page): Promise<void> {
  const told = await page.locator('#panel-write .status').getAttribute('data-count')
  await page.getByRole('button', { name: 'Write another' }).click()
  await page.waitForSelector(`#panel-write .status[data-count]:not([data-count="${told}"])`)
}

const judge = await startChatServer({
  cors: true,
  models: ['judge'],
  respond: ({ messages }) => {
    if (/Give no scores yet/.test(messages.at(-1)!.content))
      return 'The sentence is finished well. The story stays with its people and comes to an end.'
    const length = messages[1]!.content.length
    return `Grammar: ${6 + (length % 4)}/10, Creativity: ${4 + (length % 5)}/10, Consistency: ${5 + (length % 4)}/10, Plot: ${4 + (length % 3)}/10, Age group: B`
  },
})
const site = await buildSite(new URL('../', import.meta.url))
const demo: DemoBrowser = await startDemo(site.folder)
try {
  await mkdir(values.out, { recursive: true })
  for (const shot of values.shots.split(',')) {
    const [width, colorScheme] = shot.split(':') as [string, 'light' | 'dark']
    for (const [name, play] of Object.entries(scenes)) {
      if (values.only && !values.only.split(',').includes(name)) continue
      const options: OpenOptions = {
        tab: name === 'wishes' ? 'write' : name,
        width: Number(width),
        colorScheme,
        isolated: !values.plain,
      }
      const page = await demo.open(options)
      await play(page)
      const top = await topOf(page, name)
      if (top !== undefined) await page.evaluate(top => scrollTo(0, top), top)
      const picture = await page.screenshot({ fullPage: values.full })
      const file = join(values.out, `${name}-${width}-${colorScheme}.${values.png ? 'png' : 'webp'}`)
      await writeFile(file, values.png ? picture : await asWebp(page, picture))
      console.log(file)
      await page.context().close()
    }
  }
} finally {
  await demo.close()
  await judge.close()
  await site.remove()
}

/** Chromium writes WebP; Playwright writes PNG and JPEG only. */
async function asWebp(page: Page, png: Buffer): Promise<Buffer> {
  const base64 = await page.evaluate(async data => {
    const bytes = Uint8Array.from(atob(data), character => character.charCodeAt(0))
    const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }))
    const canvas = new OffscreenCanvas(image.width, image.height)
    canvas.getContext('2d')!.drawImage(image, 0, 0)
    const blob = await canvas.convertToBlob({ type: 'image/webp', quality: 0.85 })
    const parts = new Uint8Array(await blob.arrayBuffer())
    let text = ''
    for (const part of parts) text += String.fromCharCode(part)
    return btoa(text)
  }, png.toString('base64'))
  return Buffer.from(base64, 'base64')
}
