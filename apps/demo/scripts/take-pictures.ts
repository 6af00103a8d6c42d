// Takes pictures of every chapter and panel at work, for the README and to be looked at:
//
//   npm exec -- node --conditions=@tinystories/source apps/demo/scripts/take-pictures.ts [--out docs/demo] [--shots 1280:light,390:dark] [--full] [--plain] [--png] [--only write,train]
//
// Each scene is played once, and taken at every width and in every color scheme. --full takes the whole length of the page,
// and not what is seen first; --plain a page that is not isolated.

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startChatServer } from '@tinystories/llm/testing'
import { buildSite } from '@tinystories/testing/browser'
import { type DemoBrowser, type Page, startDemo, storyOf } from '../src/testing/demo-browser.ts'
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
/** So long the picture of training has trained, at least; the other scenes are played meanwhile. */
const TRAINED_SECONDS = 45

const chapters = ['data', 'learning', 'size', 'depth', 'instructions', 'inside', 'grading']

/** Plays until there is something to see; what it returns is played when the other scenes are done. */
type Scene = (page: Page) => Promise<unknown>

const scenes: Record<string, Scene> = {
  async train(page) {
    const train = new TrainPage(page)
    await train.start()
    await train.saved()
  },
  async paper(page) {
    await page.locator('.hero .status .engine').waitFor()
  },
  ...Object.fromEntries(chapters.map(id => [`paper-${id}`, (page: Page) => playChapter(page, id)])),
  async write(page) {
    await storyOf(page)
    await page.fill('#seed', '4')
    await writeAnother(page)
    await page.locator('#panel-write .token:not(.given)').nth(9).click()
    await page.locator('.alternatives li').first().waitFor()
  },
  async constraints(page) {
    await storyOf(page)
    await page.getByLabel('Choose words and features').check()
    await page.locator('#constraint-noun option').nth(5).waitFor({ state: 'attached' })
    await page.fill('#seed', '11')
    await writeAnother(page)
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
    for (let i = 0; i < 3; i++)
      await page.locator('.compare-column').nth(i).locator('.status .engine').waitFor()
  },
}

async function playChapter(page: Page, id: string): Promise<void> {
  const chapter = page.locator(`#chapter-${id}`)
  await chapter.evaluate(each => each.scrollIntoView({ behavior: 'instant' }))
  await chapter.locator('.live > *').first().waitFor()
  if (id === 'instructions') {
    await page.locator('#instruction-noun option').nth(5).waitFor({ state: 'attached' })
    await chapter.getByRole('button', { name: 'Write a story with them' }).click()
    await chapter.locator('.status .engine').waitFor()
  }
  if (id === 'inside') await chapter.locator('.head-view').waitFor()
  if (id === 'grading')
    await chapter.getByRole('button', { name: 'This one is better', disabled: false }).nth(1).waitFor()
  // Stories that the chapter writes by itself.
  const stories = { size: 3, learning: 1 }[id] ?? 0
  for (let i = 0; i < stories; i++)
    await chapter.locator('.story').nth(i).locator('.token:not(.given)').nth(20).waitFor()
}

/** Shows a scene where it begins: a phone shows little at a time. */
async function show(page: Page, name: string): Promise<void> {
  const isPhone = (page.viewportSize()?.width ?? 0) < 600
  const first = name.startsWith('paper-')
    ? name.replace('paper-', '#chapter-')
    : name === 'grade'
      ? '.grade-results'
      : isPhone && { constraints: '.constraint-words', compare: '.compare-columns' }[name]
  // No word is pointed at.
  await page.mouse.move(0, 0)
  await page.evaluate(selector => {
    document.querySelector('[role=tab][aria-selected=true]')?.scrollIntoView({ inline: 'center' })
    const place = selector ? document.querySelector(selector) : undefined
    const top = place ? place.getBoundingClientRect().top + scrollY - 12 : 0
    scrollTo({ top, behavior: 'instant' })
  }, first || '')
  await page.waitForTimeout(400)
}

async function writeAnother(page: Page): Promise<void> {
  const count = await page.locator('#panel-write .status').getAttribute('data-count')
  await page.getByRole('button', { name: 'Write another' }).click()
  await page.waitForSelector(`#panel-write .status[data-count]:not([data-count="${count}"])`)
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
const shots = values.shots.split(',').map(shot => {
  const [width, colorScheme] = shot.split(':') as [string, 'light' | 'dark']
  return { width: Number(width), colorScheme }
})
const names = Object.keys(scenes).filter(name => !values.only || values.only.split(',').includes(name))
try {
  await mkdir(values.out, { recursive: true })
  const began = performance.now()
  const playing = new Map<string, Page>()
  let paper: Page | undefined
  for (const name of names) {
    const page = await openScene(name)
    await scenes[name]!(page)
    // Its picture is taken at last.
    if (name === 'train') playing.set(name, page)
    else await take(name, page)
  }
  for (const [name, page] of playing) {
    await page.waitForTimeout(Math.max(0, TRAINED_SECONDS * 1000 - (performance.now() - began)))
    await take(name, page)
  }

  /** All of the paper is one page. */
  async function openScene(name: string): Promise<Page> {
    if (name.startsWith('paper') && paper) return paper
    const tab = name === 'constraints' ? 'write' : name.replace(/^paper.*/, 'paper')
    const page = await demo.open({ tab, ...shots[0], isolated: !values.plain })
    if (tab === 'paper') paper = page
    return page
  }
} finally {
  await demo.close()
  await judge.close()
  await site.remove()
}

async function take(name: string, page: Page): Promise<void> {
  for (const { width, colorScheme } of shots) {
    await page.setViewportSize({ width, height: 900 })
    await page.emulateMedia({ colorScheme })
    await show(page, name)
    const picture = await page.screenshot({ fullPage: values.full })
    const file = join(values.out, `${name}-${width}-${colorScheme}.${values.png ? 'png' : 'webp'}`)
    await writeFile(file, values.png ? picture : await asWebp(page, picture))
    console.log(file)
  }
  if (!name.startsWith('paper')) await page.context().close()
  else await page.setViewportSize({ width: shots[0]!.width, height: 900 })
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
