import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { skipWithoutChromium } from '@tinystories/testing/browser'
import { unzipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import type { Page } from './testing/demo-browser.ts'
import { createDemoTest } from './testing/demo-test.ts'
import { TrainPage } from './testing/train-page.ts'
import { sees } from './testing/wait-until.ts'

const it = createDemoTest()

/** Chooses a model of the shelf to start from. */
async function startFrom(page: Page, label: RegExp): Promise<void> {
  await page.getByLabel('A trained model').check()
  const option = page.locator('#train-from option').filter({ hasText: label })
  await page.locator('#train-from').selectOption((await option.getAttribute('value'))!)
}

async function bits(page: Page): Promise<number> {
  return Number(await page.locator('.numbers dd').last().textContent())
}

describe.skipIf(skipWithoutChromium())('training on from a model', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'demo-tuning-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  it("teaches a shipped model the visitor's own text, over a reload, and writes with it", async ({
    open,
  }) => {
    const path = join(folder, 'harbor.txt')
    const story = (i: number): string =>
      `One day, a little boat named Pip had ${i} fish. Pip wanted to go to the harbor. "Where is the light?" Pip asked. Then Pip saw it and was very happy.`
    await writeFile(path, Array.from({ length: 90 }, (_, i) => story(i)).join('\n\n'))
    const page = await open({ tab: 'train', isolated: false })
    const train = new TrainPage(page)
    await startFrom(page, /^Tiny /)
    await page.setInputFiles('#train-file', path)
    await train.start()
    await train.saved()
    await train.reaches(1)
    // Random weights have about 3 bits per byte here.
    expect(await bits(page)).toBeLessThan(2)
    await train.button('Pause').click()
    await train.button('Resume').waitFor()
    await page.reload()
    await sees(page, page.locator('.resume li'), /^Tiny on harbor\.txt, step [\d,]+/)
    await train.button('Resume').click()
    await train.reaches((await train.step()) + 2)
    await train.button('Pause').click()
    await train.button('Resume').waitFor()
    await train.button('Write with it').click()
    await page.waitForSelector('#panel-write .status[data-count="1"]')
    const chosen = page.locator('#panel-write .model-row', { has: page.locator('input:checked') })
    await sees(page, chosen, /Tiny on harbor\.txt/)
  })

  it('teaches stories on request: the model that is saved is asked by its template', async ({ open }) => {
    const page = await open({ tab: 'train', isolated: false })
    const train = new TrainPage(page)
    await startFrom(page, /^Tiny /)
    await page.getByLabel('Stories on request').check()
    await train.start()
    await train.warns(/of [\d,]+ stories are longer than 256 tokens with their instruction/)
    await train.saved()
    // A sample begins with the instruction of a held-out story.
    await sees(page, page.locator('.samples li').first(), /(Words|Features|Random sentence): [\s\S]*Story:/)
    await train.button('Pause').click()
    await train.button('Resume').waitFor()
    const downloading = page.waitForEvent('download')
    await train.button('Download the model').click()
    const zip = unzipSync(await readFile(await (await downloading).path()))
    const template = JSON.parse(new TextDecoder().decode(zip['my-model/instruct.json']))
    expect(template.text).toBe('{fields}\nStory:\n{story}')
    await train.button('Write with it').click()
    await page.waitForSelector('#panel-write .status[data-count="1"]')
    await page.getByLabel('Choose words and features').check()
    await page.locator('#panel-write').getByText('This model was trained on instructions').waitFor()
  })

  it('says of a text whose script a model does not know that a new model is needed', async ({ open }) => {
    const path = join(folder, 'poem.txt')
    const line = (i: number): string => `床前明月光，疑是地上霜。举头望明月，低头思故乡。${i}`
    await writeFile(path, Array.from({ length: 400 }, (_, i) => line(i)).join('\n\n'))
    const page = await open({ tab: 'train', isolated: false })
    const train = new TrainPage(page)
    await startFrom(page, /^Tiny /)
    await page.setInputFiles('#train-file', path)
    await train.start()
    await sees(page, train.problem, /Tiny does not know the script of poem\.txt: \d+ % .* Train a new model/)
  })
})
