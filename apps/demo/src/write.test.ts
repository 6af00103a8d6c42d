import { copyFile, mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { skipWithoutChromium } from '@tinystories/testing/browser'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DemoBrowser, type Page, startDemo, storyOf } from './testing/demo-browser.ts'

/** Milliseconds: another machine may be slow; vitest ends a test that hangs. */
const LONG = 200_000

const models = fileURLToPath(new URL('../public/models/', import.meta.url))
const BEGINNING = 'Once upon a time, there was a little fox who'

const OTHER_SCRIPT = 'むかしむかし、あるところに、おじいさんとおばあさんがいました'

describe.skipIf(skipWithoutChromium())('writing in the page', () => {
  let demo: DemoBrowser
  let page: Page
  let folder: string
  beforeAll(async () => {
    demo = await startDemo()
    folder = await mkdtemp(join(tmpdir(), 'demo-models-'))
    page = await demo.open()
  })
  afterAll(async () => {
    await demo?.close()
    await rm(folder, { recursive: true })
  })

  const tellAnother = async (): Promise<string> => {
    const told = (await page.locator('#panel-write .status').getAttribute('data-told')) ?? 'none'
    await page.getByRole('button', { name: /Tell (another|the story)/ }).click()
    await page.waitForSelector(`#panel-write .status[data-told]:not([data-told="${told}"])`)
    return storyOf(page)
  }
  const says = (message: RegExp): Promise<void> =>
    expect
      .poll(() => page.locator('#panel-write [role=alert]').allTextContents(), { timeout: LONG })
      .toContainEqual(expect.stringMatching(message))

  it('tells a first story by itself, and says how fast and on what', async () => {
    const story = await storyOf(page)
    expect(story).toMatch(/^Once upon a time, there was a little fox who \w+/)
    expect(story.length).toBeGreaterThan(BEGINNING.length + 100)
    expect(await page.locator('#panel-write .status').textContent()).toMatch(/\d+ tokens\/s.*WebAssembly/)
  })

  it('shows what else might have stood there, and goes on from another word', async () => {
    const word = page.locator('#panel-write .token:not(.given)').nth(6)
    await page.waitForFunction(() => document.querySelectorAll('#panel-write .caret').length === 0)
    const place = Number(await word.getAttribute('data-place'))
    const before = await page.locator('#panel-write .story-text').textContent()
    await word.click()
    const others = page.locator('.alternatives li button')
    await others.first().waitFor()
    const shares = (await others.locator('.figure').allTextContents()).map(text =>
      Number.parseFloat(text.replace('<', '')),
    )
    expect(shares).toHaveLength(6)
    expect(shares).toEqual(shares.toSorted((a, b) => b - a))
    const chosen = others.nth(3)
    const text = await chosen.locator('span:not([class])').textContent()
    await chosen.click()
    const story = await storyOf(page)
    const kept = before!.slice(0, BEGINNING.length + 5)
    expect(story.startsWith(kept)).toBe(true)
    expect(await page.locator(`#panel-write .token[data-place="${place}"]`).textContent()).toBe(text)
    expect(await page.locator(`#panel-write .token[data-place="${place}"]`).getAttribute('class')).toContain(
      'given',
    )
  })

  it('can be used with the keyboard alone', async () => {
    await page.locator('#panel-write .token').first().focus()
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowRight')
    await page.locator('.alternatives').waitFor()
    await page.keyboard.press('Escape')
    expect(await page.locator('.alternatives').count()).toBe(0)
    await page.locator('#tab-write').focus()
    await page.keyboard.press('ArrowLeft')
    expect(await page.locator('[role=tab][aria-selected=true]').textContent()).toContain('Compare sizes')
    await page.keyboard.press('Home')
    expect(await page.locator('[role=tab][aria-selected=true]').textContent()).toContain('Write')
  })

  it('tells the same story again with the same seed, and another one with another', async () => {
    await page.fill('#seed', '7')
    const first = await tellAnother()
    expect(await tellAnother()).toBe(first)
    await page.fill('#seed', '8')
    expect(await tellAnother()).not.toBe(first)
  })

  it('tells a story of words and features, and ticks off which it has got', async () => {
    await page.getByLabel('Choose words and features').check()
    await page.selectOption('#wish-verb', 'hide')
    await page.selectOption('#wish-noun', 'spoon')
    await page.selectOption('#wish-adjective', 'brave')
    for (const name of ['Dialogue', 'Moral']) await page.getByLabel(name, { exact: true }).check()
    expect(await page.locator('#wish-noun option').count()).toBeGreaterThan(1000)
    await page.fill('#seed', '3')
    const story = await tellAnother()
    const ticks = page.locator('.ticks li')
    expect(await ticks.allTextContents()).toEqual(
      ['brave', 'spoon', 'hide', 'Dialogue', 'Moral'].map(wish => `${wish}: in the story`),
    )
    for (const word of [/brave/, /spoon/, /\bhid/, /["“]/, /The moral of the story is \w/])
      expect(story).toMatch(word)
    // What the page put in is told apart from what the model wrote.
    const given = (await page.locator('#panel-write .token.given').allTextContents()).join(' ')
    expect(given).toContain('moral of the story')
    const written = (await page.locator('#panel-write .token:not(.given)').allTextContents()).join(' ')
    expect(written.length).toBeGreaterThan(given.length * 2)
    // The same wishes hold for a story that goes on from another word.
    const word = page.locator('#panel-write .token:not(.given)').nth(3)
    await word.click()
    await page.locator('.alternatives li button').nth(1).click()
    await storyOf(page)
    expect(await ticks.count()).toBe(5)
    await page.getByLabel('Type a beginning').check()
    expect(await tellAnother()).toContain(BEGINNING)
    expect(await ticks.count()).toBe(0)
  })

  it('says so when it does not know the script of the beginning', async () => {
    await page.fill('#prompt', OTHER_SCRIPT)
    await tellAnother()
    expect(await page.locator('#panel-write .warning').textContent()).toContain(
      'does not know most of these characters',
    )
    await page.fill('#prompt', BEGINNING)
  })

  describe('files that the visitor brings', () => {
    const bring = async (files: string[]): Promise<void> => {
      await page.locator('#panel-write details', { hasText: 'Use another model' }).evaluate(details => {
        ;(details as HTMLDetailsElement).open = true
      })
      await page.locator('#panel-write .drop-zone input').setInputFiles(files)
    }
    const copy = async (name: string, change: Record<string, Buffer | string> = {}): Promise<string[]> => {
      const target = join(folder, name)
      await mkdir(target)
      const sources = { 'model.safetensors': 'small/', 'config.json': 'small/', 'tokenizer.json': '' }
      for (const [file, place] of Object.entries(sources)) {
        if (change[file] === undefined) await copyFile(join(models, place, file), join(target, file))
        else await writeFile(join(target, file), change[file])
      }
      return Object.keys(sources).map(file => join(target, file))
    }

    it('opens a model of its own and writes with it', async () => {
      await bring(await copy('good'))
      await page.waitForSelector('#panel-write .status .engine')
      await page
        .locator('#panel-write .model-choice', { hasText: 'model.safetensors' })
        .locator('input:checked')
        .waitFor()
      expect(await storyOf(page)).toContain(BEGINNING)
    })

    it.each([
      [
        'a weight file that is cut off',
        async () =>
          copy('cut', {
            'model.safetensors': (await readFile(join(models, 'small/model.safetensors'))).subarray(0, 5000),
          }),
        /model\.safetensors: .*cut off/,
      ],
      [
        'a tokenizer of another model',
        async () => {
          const json = JSON.parse(await readFile(join(models, 'tokenizer.json'), 'utf8'))
          for (let i = 0; i < 1000; i++) json.model.vocab[`extra${i}`] = 4096 + i
          return copy('tokenizer', { 'tokenizer.json': JSON.stringify(json) })
        },
        /tokenizer\.json has 5,096 pieces, but the model only knows 4,096/,
      ],
      [
        'a tokenizer that is none',
        async () => copy('none', { 'tokenizer.json': '{"model": {"type": "WordPiece"}}' }),
        /tokenizer\.json|vocab/,
      ],
      [
        'weights that are none',
        async () => copy('text', { 'model.safetensors': 'Once upon a time' }),
        /model\.safetensors/,
      ],
      [
        'a picture',
        async () => {
          const path = join(folder, 'picture.png')
          await writeFile(path, Buffer.from('89504e470d0a1a0a', 'hex'))
          return [path]
        },
        /picture\.png: no model here/,
      ],
      ['weights alone', async () => (await copy('alone')).slice(0, 1), /config\.json is missing/],
      [
        'a file of a gigabyte',
        async () => {
          const files = await copy('huge')
          const file = await open(files[0]!, 'w')
          // Sparse: it takes no room.
          await file.truncate(2 ** 30)
          await file.close()
          return files
        },
        /model\.safetensors has 1,024 MB: more than this page takes/,
      ],
    ] as const)('says what is wrong with %s, and goes on with the model before', async (_, make, message) => {
      await bring(await make())
      await says(message)
      expect(await tellAnother()).toContain(BEGINNING)
    })

    it('says what is wrong with a name on the hub', async () => {
      await page.fill('#write-hub', 'no such name!')
      await page.getByRole('button', { name: 'Open', exact: true }).click()
      await says(/no name of a model/)
    })
  })

  it('works without isolation, on tfjs and with several sizes at once', async () => {
    const plain = await demo.open({ isolated: false })
    expect(await plain.locator('.engine-note').textContent()).toContain('one thread')
    expect(await storyOf(plain)).toContain(BEGINNING)
    await plain.selectOption('#engine', 'tfjs')
    await plain.getByRole('button', { name: 'Tell another' }).click()
    await plain.waitForSelector('#panel-write .status .engine:has-text("TensorFlow.js, WebAssembly")')
    await plain.selectOption('#engine', 'auto')
    await plain.locator('#tab-compare').click()
    await plain.getByRole('button', { name: /Tell it \d times/ }).click()
    const count = await plain.locator('.compare-column').count()
    expect(count).toBeGreaterThan(1)
    await plain.waitForFunction(
      n => document.querySelectorAll('.compare-column .status .engine').length === n,
      count,
    )
    const stories = await plain.locator('.compare-column .story-text').allTextContents()
    expect(await plain.locator('#panel-compare .warning').count()).toBe(0)
    expect(new Set(stories).size).toBe(count)
    for (const story of stories) expect(story).toMatch(/^One day, a girl and her grandmother/)
    await plain.fill('#compare-prompt', OTHER_SCRIPT)
    await plain.getByRole('button', { name: 'Another draw' }).click()
    await expect.poll(() => plain.locator('#panel-compare .warning').count(), { timeout: LONG }).toBe(count)
    await plain.context().close()
  })
})
