import { mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { loadPretrainedArrays } from '@tinystories/model/files'
import { skipWithoutChromium } from '@tinystories/testing/browser'
import { loadTokenizer } from '@tinystories/tokenizer'
import { unzipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { createDemoTest } from './testing/demo-test.ts'
import { TrainPage } from './testing/train-page.ts'
import { sees, waitUntil } from './testing/wait-until.ts'

const it = createDemoTest()

describe.skipIf(skipWithoutChromium())('training in the page', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'demo-training-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('learns, writes samples, and resumes after the page was reloaded in the middle', async ({ open }) => {
    const page = await open({ tab: 'train' })
    const train = new TrainPage(page)
    await train.start()
    await train.saved()
    await train.reaches(10)
    await train.button('Pause').click()
    await train.button('Resume').click()
    const saved = await train.reaches(11)
    await page.reload()
    const text = await page.locator('.resume', { hasText: /step [\d,]+/ }).innerText()
    const offered = Number(/step ([\d,]+)/.exec(text)?.[1]?.replaceAll(',', ''))
    expect(offered).toBeGreaterThanOrEqual(10)
    expect(offered).toBeLessThanOrEqual(saved)
    await train.button('Resume').click()
    await train.reaches(offered + 5)
    // The curve of before the reload is there again, and training continued from it.
    await waitUntil(
      page,
      'the curve holds the steps before the reload',
      async () => (await page.locator('.loss-chart path.mean').getAttribute('d'))?.split('L').length ?? 0,
      points => points > offered - 5,
    )
    await page.locator('.samples li').first().waitFor()
    await train.button('Pause').click()
    await train.button('Resume').waitFor()
    const paused = await train.step()

    const download = page.waitForEvent('download')
    await train.button('Download the model').click()
    const zip = unzipSync(await readFile(await (await download).path()))
    for (const [name, bytes] of Object.entries(zip)) {
      await mkdir(dirname(join(folder, name)), { recursive: true })
      await writeFile(join(folder, name), bytes)
    }
    const { config } = await loadPretrainedArrays(join(folder, 'my-model'))
    const tokenizer = await loadTokenizer(join(folder, 'my-model/tokenizer.json'))
    expect(config.layers).toBe(2)
    expect(tokenizer.vocabSize).toBe(config.vocabSize)

    await train.button('Resume').click()
    await train.reaches(paused + 1)
  })

  it("trains on a visitor's text in another script", async ({ open }) => {
    // Letters of another script in the name as well would need more than the C locale.
    const path = join(folder, 'skazki.txt')
    const sentence = (i: number): string =>
      `Жила-была лиса номер ${i}. Она любила гулять по лесу и петь песни. Однажды она нашла большой гриб и принесла его домой.`
    await writeFile(path, Array.from({ length: 400 }, (_, i) => sentence(i)).join('\n\n'))
    const page = await open({ tab: 'train', isolated: false })
    const train = new TrainPage(page)
    await page.setInputFiles('#train-file', path)
    await page.getByText('skazki.txt').waitFor()
    await train.start()
    await train.reaches(3)
    await page.locator('.train-head h2', { hasText: 'skazki.txt' }).waitFor()
    await page.locator('.train-head', { hasText: '1 thread' }).waitFor()
  })

  it('says what is wrong with a file that is no text, and trains on something else', async ({ open }) => {
    const page = await open({ tab: 'train', isolated: false })
    const train = new TrainPage(page)
    for (const [name, content, message] of [
      ['picture.txt', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff, 0xfe, 0]), /is not UTF-8 text/],
      ['short.txt', 'Once upon a time.', /has 17 characters of text; at least 20,000 are needed/],
      ['large.txt', 2 ** 30, /has 1,024 MB; the page trains on up to 32 MB/],
    ] as const) {
      const path = join(folder, name)
      await writeFile(path, typeof content === 'number' ? '' : content)
      // Sparse: it takes no room.
      if (typeof content === 'number') await truncate(path, content)
      await page.setInputFiles('#train-file', path)
      await page.getByText(name, { exact: true }).waitFor()
      await train.start()
      await sees(page, train.problem, message)
    }
    await page.getByLabel('Bundled stories').check()
    await train.start()
    await train.reaches(1)
    expect(await train.problem.textContent()).toBe('')
  })
})
