import { mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { loadPretrainedArrays } from '@tinystories/model/files'
import { skipWithoutChromium } from '@tinystories/testing/browser'
import { loadTokenizer } from '@tinystories/tokenizer'
import { unzipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DemoBrowser, startDemo } from './testing/demo-browser.ts'
import { TrainPage } from './testing/train-page.ts'

/** Milliseconds: another machine may be slow; vitest ends a test that hangs. */
const LONG = 200_000

describe.skipIf(skipWithoutChromium())('training in the page', () => {
  let demo: DemoBrowser
  let folder: string
  beforeAll(async () => {
    demo = await startDemo()
    folder = await mkdtemp(join(tmpdir(), 'demo-training-'))
  })
  afterAll(async () => {
    await demo?.close()
    await rm(folder, { recursive: true })
  })

  it('learns, writes samples, and goes on after the page was reloaded in the middle', async () => {
    const page = await demo.open({ tab: 'train' })
    const train = new TrainPage(page)
    await train.start()
    await train.saved()
    const saved = await train.step()
    await page.reload()
    await page.locator('.resume').waitFor()
    const offered = Number(
      /step ([\d,]+)/.exec((await page.locator('.resume').textContent())!)![1]!.replaceAll(',', ''),
    )
    expect(offered).toBeGreaterThanOrEqual(100)
    expect(offered).toBeLessThanOrEqual(saved)
    await train.button('Go on').click()
    await train.reaches(offered + 5)
    // The curve of before the reload is there again, and training went on from it.
    const path = await page.locator('.loss-chart path.mean').getAttribute('d')
    expect(path!.split('L').length).toBeGreaterThan(offered - 5)
    await page.locator('.samples li').first().waitFor()
    await train.button('Pause').click()
    await train.button('Go on').waitFor()
    const paused = await train.step()

    const download = page.waitForEvent('download')
    await train.button('Download the model').click()
    const zip = unzipSync(await readFile((await (await download).path())!))
    for (const [name, bytes] of Object.entries(zip)) {
      await mkdir(dirname(join(folder, name)), { recursive: true })
      await writeFile(join(folder, name), bytes)
    }
    const { config } = await loadPretrainedArrays(join(folder, 'my-model'))
    const tokenizer = await loadTokenizer(join(folder, 'my-model/tokenizer.json'))
    expect(config.layers).toBe(2)
    expect(tokenizer.vocabSize).toBe(config.vocabSize)

    await train.button('Go on').click()
    await train.reaches(paused + 1)
    await page.context().close()
  })

  it('trains on a text of the visitor in another script', async () => {
    // Letters of another script in the name as well would need more than the C locale.
    const path = join(folder, 'skazki.txt')
    const sentence = (i: number): string =>
      `Жила-была лиса номер ${i}. Она любила гулять по лесу и петь песни. Однажды она нашла большой гриб и принесла его домой.`
    await writeFile(path, Array.from({ length: 400 }, (_, i) => sentence(i)).join('\n\n'))
    const page = await demo.open({ tab: 'train', isolated: false })
    const train = new TrainPage(page)
    await page.setInputFiles('#train-file', path)
    // The page takes the file in its own time.
    await page.getByText('skazki.txt').waitFor()
    await train.start()
    await train.reaches(3)
    expect(await page.locator('.train-head h2').textContent()).toContain('skazki.txt')
    expect(await page.locator('.train-head').textContent()).toContain('1 thread')
    await page.context().close()
  })

  it.each([
    [
      'a picture',
      'picture.txt',
      Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff, 0xfe, 0]),
      /is no text \(in UTF-8\)/,
    ],
    [
      'too little text',
      'short.txt',
      Buffer.from('Once upon a time.'),
      /has 17 characters of text: take one of at least 20,000/,
    ],
    ['a file of a gigabyte', 'large.txt', 2 ** 30, /has 1,024 MB: a page trains on up to 32 MB/],
  ])('says what is wrong with %s, and trains on something else', async (_, name, content, message) => {
    const path = join(folder, name)
    await writeFile(path, typeof content === 'number' ? '' : content)
    // Sparse: it takes no room.
    if (typeof content === 'number') await truncate(path, content)
    const page = await demo.open({ tab: 'train' })
    const train = new TrainPage(page)
    await page.setInputFiles('#train-file', path)
    await page.getByText(name, { exact: true }).waitFor()
    await train.start()
    await expect.poll(() => train.problem.textContent(), { timeout: LONG }).toMatch(message)
    // The rest works: on the bundled stories it goes.
    await page.getByLabel('Bundled stories').check()
    await train.start()
    await train.reaches(1)
    expect(await train.problem.textContent()).toBe('')
    await page.context().close()
  })
})
