import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { whyNoChromium } from '@tinystories/browser-testing'
import { loadPretrainedArrays } from '@tinystories/model'
import { WordPieceTokenizer } from '@tinystories/tokenizer'
import { unzipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DemoBrowser, type Page, startDemo } from './testing/demo-browser.ts'

describe.skipIf(whyNoChromium())('training in the page', () => {
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

  const stepOf = async (page: Page): Promise<number> =>
    Number((await page.locator('.numbers dd').first().textContent())!.replaceAll(',', ''))
  const reaches = (page: Page, step: number): Promise<unknown> =>
    page.waitForFunction(
      least => Number(document.querySelector('.numbers dd')!.textContent!.replaceAll(',', '')) >= least,
      step,
      { timeout: 60_000 },
    )
  const start = (page: Page): Promise<void> =>
    page.getByRole('button', { name: /Start (training|anew)/ }).click()
  const button = (page: Page, name: string) => page.locator('#panel-train').getByRole('button', { name })

  it('learns, writes samples, and goes on after the page was reloaded in the middle', async () => {
    const page = await demo.open({ tab: 'train' })
    await start(page)
    await page.waitForFunction(
      () => /saved at step/.test(document.querySelector('.train-head')!.textContent!),
      null,
      {
        timeout: 60_000,
      },
    )
    const saved = await stepOf(page)
    await page.reload()
    await page.locator('.resume').waitFor()
    const offered = Number(
      /step ([\d,]+)/.exec((await page.locator('.resume').textContent())!)![1]!.replaceAll(',', ''),
    )
    expect(offered).toBeGreaterThanOrEqual(100)
    expect(offered).toBeLessThanOrEqual(saved)
    await button(page, 'Go on').click()
    await reaches(page, offered + 5)
    // The curve of before the reload is there again, and training went on from it.
    const path = await page.locator('.loss-chart path.mean').getAttribute('d')
    expect(path!.split('L').length).toBeGreaterThan(offered - 5)
    await page.locator('.samples li').first().waitFor({ timeout: 60_000 })
    await button(page, 'Pause').click()
    await button(page, 'Go on').waitFor()
    const paused = await stepOf(page)

    const download = page.waitForEvent('download')
    await button(page, 'Download the model').click()
    const zip = unzipSync(await readFile((await (await download).path())!))
    for (const [name, bytes] of Object.entries(zip)) {
      await mkdir(dirname(join(folder, name)), { recursive: true })
      await writeFile(join(folder, name), bytes)
    }
    const { config } = await loadPretrainedArrays(join(folder, 'my-model'))
    const tokenizer = await WordPieceTokenizer.fromFile(join(folder, 'my-model/tokenizer.json'))
    expect(config.layers).toBe(2)
    expect(tokenizer.vocabSize).toBe(config.vocabSize)

    await button(page, 'Go on').click()
    await reaches(page, paused + 1)
    await page.context().close()
  })

  it('trains on a text of the visitor in another script', async () => {
    const path = join(folder, 'сказки.txt')
    const sentence = (i: number): string =>
      `Жила-была лиса номер ${i}. Она любила гулять по лесу и петь песни. Однажды она нашла большой гриб и принесла его домой.`
    await writeFile(path, Array.from({ length: 400 }, (_, i) => sentence(i)).join('\n\n'))
    const page = await demo.open({ tab: 'train', isolated: false })
    await page.setInputFiles('#train-file', path)
    // The page takes the file in its own time.
    await page.getByText('сказки.txt').waitFor()
    await start(page)
    await reaches(page, 3)
    expect(await page.locator('.train-head h2').textContent()).toContain('сказки.txt')
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
    [
      'too large a file',
      'large.txt',
      Buffer.alloc(33 * 2 ** 20, 'a'),
      /has 33 MB: a page trains on up to 32 MB/,
    ],
  ])('says what is wrong with %s', async (_, name, bytes, message) => {
    const path = join(folder, name)
    await writeFile(path, bytes)
    const page = await demo.open({ tab: 'train' })
    await page.setInputFiles('#train-file', path)
    await page.getByText(name, { exact: true }).waitFor()
    await start(page)
    await expect
      .poll(() => page.locator('#panel-train [role=alert]').textContent(), { timeout: 30_000 })
      .toMatch(message)
    expect(await button(page, 'Start training').isEnabled()).toBe(true)
    await page.context().close()
  })

  it('goes on without a checkpoint when the storage is full, and says so', async () => {
    const page = await demo.open({ tab: 'train' })
    const session = await page.context().newCDPSession(page)
    const { origin } = new URL(page.url())
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1000 })
    await start(page)
    await page.locator('#panel-train .warning').waitFor({ timeout: 60_000 })
    expect(await page.locator('#panel-train .warning').textContent()).toMatch(
      /storage is full|storage does not work/,
    )
    await reaches(page, 5)
    await page.context().close()
  })
})
