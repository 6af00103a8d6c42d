import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { skipWithoutChromium } from '@tinystories/testing/browser'
import { describe, expect } from 'vitest'
import { storyOf } from './testing/demo-browser.ts'
import { createDemoTest } from './testing/demo-test.ts'
import { TrainPage } from './testing/train-page.ts'
import { sees, waitUntil } from './testing/wait-until.ts'

const it = createDemoTest()

describe.skipIf(skipWithoutChromium())('runs that the page keeps', () => {
  it('leaves the run of another tab alone, and lists it as open there', async ({ open }) => {
    // One thread each: two tabs with two threads would wait for each other.
    const first = new TrainPage(await open({ tab: 'train', isolated: false }))
    await first.startOnShortStories()
    await first.saved()
    const second = new TrainPage(await open({ tab: 'train', isolated: false, beside: first.page }))
    await sees(second.page, second.page.locator('.resume li'), /Open in another tab/)
    expect(await second.page.locator('.resume').getByRole('button').count()).toBe(0)
    await second.startOnShortStories()
    await second.saved()
    // Both go on.
    await first.reaches((await first.step()) + 5)
    await second.reaches((await second.step()) + 5)
    await second.page.close()
    // After a reload both are offered, and either resumes.
    await first.page.reload()
    const runs = first.page.locator('.resume li')
    await runs.nth(1).waitFor()
    await runs.first().getByRole('button', { name: 'Resume' }).click()
    await waitUntil(
      first.page,
      'the resumed run trains from its checkpoint',
      () => first.step(),
      step => step > 1,
    )
    expect(await first.problem.textContent()).toBe('')
  })

  it('keeps a paused run when a new one is started, and deletes only when asked twice', async ({ open }) => {
    const page = await open({ tab: 'train', isolated: false })
    const train = new TrainPage(page)
    await train.start()
    await train.saved()
    await train.button('Pause').click()
    await train.button('Resume').waitFor()
    await train.start()
    const kept = page.locator('.resume li')
    await kept.first().waitFor()
    await train.reaches(1)
    await train.button('Pause').click()
    await train.button('Download the model').waitFor()
    await waitUntil(
      page,
      'the run is paused',
      () => kept.first().getByRole('button', { name: 'Delete' }).isEnabled(),
      enabled => enabled,
    )
    page.once('dialog', dialog => void dialog.dismiss())
    await kept.first().getByRole('button', { name: 'Delete' }).click()
    expect(await kept.count()).toBe(1)
    page.once('dialog', dialog => void dialog.accept())
    await kept.first().getByRole('button', { name: 'Delete' }).click()
    await kept.first().waitFor({ state: 'detached' })
  })

  it('says no later step to be saved than the one that is', async ({ open }) => {
    const page = await open({ tab: 'train', isolated: false })
    const train = new TrainPage(page)
    await train.startOnShortStories()
    await train.saved()
    let last = 0
    for (let i = 0; i < 3; i++) {
      const before = last
      const saved = await waitUntil(
        page,
        'another checkpoint is shown',
        () => page.evaluate(savedSteps),
        ({ shown }) => shown > before,
      )
      expect(saved.shown).toBeLessThanOrEqual(saved.kept)
      last = saved.shown
    }
  })

  it('shows the best evaluation and its step, and holds no more tensors after the next', async ({ open }) => {
    const page = await open({ tab: 'train', isolated: false })
    const train = new TrainPage(page)
    await train.startOnShortStories()
    await sees(page, page.locator('.numbers .note'), /^best \d\.\d\d at step \d+$/)
    const before = await train.tensors()
    // Evaluated at step 100, too; samples and checkpoints were made meanwhile.
    await train.reaches(101)
    expect(await train.tensors()).toBe(before)
  })

  it('counts every character of a text of thousands of ideographs', async ({ open, onTestFinished }) => {
    const folder = await mkdtemp(join(tmpdir(), 'demo-runs-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const path = join(folder, 'ideographs.txt')
    const story = (i: number): string =>
      String.fromCharCode(
        // A comma after every twelfth, as in a text that is read.
        ...Array.from({ length: 300 }, (_, j) =>
          j % 13 === 12 ? 0xff0c : 0x4e00 + ((i * 7919 + j * 104729) % 20000),
        ),
      )
    await writeFile(path, Array.from({ length: 200 }, (_, i) => story(i)).join('\n\n'))
    const page = await open({ tab: 'train', isolated: false })
    const train = new TrainPage(page)
    await page.setInputFiles('#train-file', path)
    await page.getByText('ideographs.txt').waitFor()
    await train.start()
    await train.reaches(1)
    // Each character is three bytes of its own: nothing can be known without having read it.
    const bits = Number(await page.locator('.numbers dd').last().textContent())
    expect(bits).toBeGreaterThan(1)
  })

  it('writes in every panel with a model that is trained here, under the name that it is given', async ({
    open,
  }) => {
    const page = await open({ tab: 'train', isolated: false })
    const train = new TrainPage(page)
    await train.start()
    await train.saved()
    await train.button('Pause').click()
    await train.button('Resume').waitFor()
    await page.locator('#tab-write').click()
    const row = page.locator('#panel-write .model-row', { hasText: 'Mini on bundled stories' })
    await row.locator('input[type=radio]').check()
    await page.waitForSelector('#panel-write .status[data-count="1"]')
    await row.locator('summary').click()
    const name = page.locator('#panel-write .model-tools input')
    await name.fill('A very long name of a model that was trained on a single rainy afternoon')
    await name.blur()
    await page.setViewportSize({ width: 390, height: 800 })
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
    await page.reload()
    for (const panel of ['inside', 'compare', 'grade']) {
      await page.locator(`#tab-${panel}`).click()
      await page
        .locator(`#panel-${panel}`)
        .getByText(/^A very long name of a model/)
        .waitFor()
    }
  })

  it('opens its own zip, and keeps two models of one name apart', async ({ open }) => {
    const page = await open({ tab: 'train', isolated: false })
    const train = new TrainPage(page)
    await train.startOnShortStories()
    await train.reaches(3)
    await train.button('Pause').click()
    await train.button('Resume').waitFor()
    const downloading = page.waitForEvent('download')
    await train.button('Download the model').click()
    const download = await downloading
    const zip = await download.path()
    await page.locator('#tab-write').click()
    await page.locator('#panel-write').getByText('Use another model').click()
    const input = page.locator('#panel-write .drop-zone input')
    const name = 'my-model.zip'
    const buffer = await readFile(zip)
    const choices = page.locator('#panel-write .model-choice')
    for (const label of [name, `${name} (2)`]) {
      await input.setInputFiles({ name, mimeType: 'application/zip', buffer })
      await choices.filter({ hasText: label }).locator('input:checked').waitFor()
      await page.locator('#panel-write .status .engine').waitFor()
      expect((await storyOf(page)).length).toBeGreaterThan(0)
    }
    expect(await choices.filter({ hasText: name }).count()).toBe(2)
    await input.setInputFiles({ name, mimeType: 'application/zip', buffer: buffer.subarray(0, 1000) })
    await sees(
      page,
      page.locator('#panel-write [role=alert]'),
      /my-model\.zip is not a zip archive, or is damaged/,
    )
  })
})

/** The step that the page says is saved, and that of the newest checkpoint in the storage. */
function savedSteps(): Promise<{ shown: number; kept: number }> {
  const text = document.querySelector('.train-head')?.textContent ?? ''
  const shown = Number(/saved at step ([\d,]+)/.exec(text)?.[1]?.replaceAll(',', '') ?? 0)
  return new Promise((resolve, reject) => {
    const request = indexedDB.open('tinystories-runs')
    request.onerror = () => reject(request.error)
    request.onsuccess = () => {
      const all = request.result.transaction('summaries').objectStore('summaries').getAll()
      all.onsuccess = () => {
        request.result.close()
        resolve({ shown, kept: (all.result[0] as { step: number } | undefined)?.step ?? 0 })
      }
    }
  })
}
