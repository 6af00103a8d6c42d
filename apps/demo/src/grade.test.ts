import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildReport, parseReport, renderJson } from '@tinystories/grader'
import { type ChatServer, type ServedRequest, startChatServer } from '@tinystories/llm/testing'
import { skipWithoutChromium } from '@tinystories/testing/browser'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seriousFaults } from './testing/axe.ts'
import { type DemoBrowser, type Page, startDemo } from './testing/demo-browser.ts'

/** Milliseconds: another machine may be slow; vitest ends a test that hangs. */
const LONG = 200_000

const KEY = 'sk-planted-0123456789abcdef'
const BEGINNINGS = ['The frog wanted to jump over the pond, so', 'Mia had a kite. When the wind came,']

/** Plays a judge: longer texts get better scores. */
function teach({ messages }: ServedRequest): string {
  if (/Give no scores yet/.test(messages.at(-1)!.content))
    return 'The sentence is finished, and <b>that</b> is good.'
  const length = messages[1]!.content.length
  return `Grammar: ${5 + (length % 5)}/10, Creativity: ${length % 7}/10, Consistency: 8/10, Plot: 4/10, Age group: B`
}

describe.skipIf(skipWithoutChromium())('grading in the page', () => {
  let demo: DemoBrowser
  let page: Page
  let server: ChatServer
  let folder: string
  const said: string[] = []
  /** While it stands, texts after the second beginning wait for their marks. */
  let hold: Promise<void> | undefined
  const respond = async (request: ServedRequest): Promise<string> => {
    if (request.messages[1]!.content.includes(BEGINNINGS[1]!)) await hold
    return teach(request)
  }
  beforeAll(async () => {
    demo = await startDemo()
    server = await startChatServer({
      cors: true,
      apiKey: KEY,
      models: ['judge'],
      respond,
    })
    folder = await mkdtemp(join(tmpdir(), 'demo-grade-'))
    page = await demo.open({ tab: 'grade' })
    page.on('console', message => said.push(message.text()))
    page.on('pageerror', error => said.push(error.message))
  })
  afterAll(async () => {
    await demo?.close()
    await server?.close()
    await rm(folder, { recursive: true, force: true })
  })

  const panel = '#panel-grade'
  const alerts = (): Promise<string[]> => page.locator(`${panel} [role=alert]`).allTextContents()
  const says = (message: RegExp): Promise<void> =>
    expect.poll(alerts, { timeout: LONG }).toContainEqual(expect.stringMatching(message))
  const fill = async (id: string, value: string): Promise<void> => {
    await page.fill(`#grade-${id}`, value)
    await page.locator(`#grade-${id}`).blur()
  }
  const mark = (): Promise<void> =>
    page.getByRole('button', { name: /Have them marked|Go on marking/ }).click()
  /** Presses Stop when a model has written one of two completions: in the page, for stories are written quickly. */
  const stopAfterFirst = (): Promise<void> =>
    page.locator(panel).evaluate(panel => {
      const observer = new MutationObserver(() => {
        if (![...panel.querySelectorAll('.status')].some(status => /1 of 2/.test(status.textContent))) return
        observer.disconnect()
        const buttons = panel.querySelectorAll<HTMLElement>('form[aria-label=Completions] button')
        for (const button of buttons) if (button.textContent === 'Stop') button.click()
      })
      observer.observe(panel, { subtree: true, childList: true, characterData: true })
    })
  const file = (name: string, text: string) => ({
    name,
    mimeType: 'application/json',
    buffer: Buffer.from(text),
  })
  const download = async (name: RegExp): Promise<string> => {
    const [got] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name }).click(),
    ])
    return readFile(await got.path(), 'utf8')
  }

  it('comes only when its tab is opened, and without anything of Node', async () => {
    const loaded = (of: Page): Promise<string[]> =>
      of.evaluate(() =>
        performance
          .getEntriesByType('resource')
          .map(entry => entry.name)
          .filter(name => name.endsWith('.js')),
      )
    const fresh = await demo.open()
    await fresh.waitForSelector('#panel-write .status .engine')
    expect((await loaded(fresh)).filter(name => name.includes('grade'))).toEqual([])
    await fresh.context().close()
    await page.waitForSelector('#grade-beginnings')
    const scripts = (await loaded(page)).filter(name => name.includes('grade'))
    expect(scripts).not.toEqual([])
    for (const url of scripts) {
      const code = await (await fetch(url)).text()
      expect(code).not.toMatch(/browser-external|node:fs|from"node:/)
    }
  })

  it('writes completions of two models side by side', async () => {
    await page.fill('#grade-beginnings', '')
    await page.getByRole('button', { name: 'Write the completions' }).click()
    await says(/There is no beginning/)
    await page.fill('#grade-beginnings', BEGINNINGS.join('\n'))
    await page.getByRole('button', { name: 'Write the completions' }).click()
    await page.getByText('4 written').waitFor()
    expect(await page.locator('.grade-beginning').allTextContents()).toEqual(BEGINNINGS)
    const texts = await page.locator('.grade-text').allTextContents()
    expect(new Set(texts).size).toBe(4)
    for (const text of texts) expect(text.length).toBeGreaterThan(20)
    expect(await alerts()).toEqual(['', '', ''])
    expect(await page.locator('#panel-grade .warning').count()).toBe(0)
  })

  it('goes on after a stop, and without a model that does not open', async () => {
    const models = fileURLToPath(new URL('../public/models/', import.meta.url))
    await page.locator(`${panel} form details`, { hasText: 'Use another model' }).evaluate(details => {
      ;(details as HTMLDetailsElement).open = true
    })
    await page.locator(`${panel} form[aria-label=Completions] .drop-zone input`).setInputFiles([
      {
        name: 'model.safetensors',
        mimeType: 'application/octet-stream',
        buffer: (await readFile(join(models, 'small/model.safetensors'))).subarray(0, 5000),
      },
      file('config.json', await readFile(join(models, 'small/config.json'), 'utf8')),
      file('tokenizer.json', await readFile(join(models, 'tokenizer.json'), 'utf8')),
    ])
    // Three at most: the one that is left cannot be added.
    expect(await page.locator(`${panel} .model-choices input:checked`).count()).toBe(3)
    expect(await page.locator(`${panel} .model-choices input:disabled`).count()).toBe(1)
    await stopAfterFirst()
    await page.getByRole('button', { name: 'Write others' }).click()
    const goOn = page.getByRole('button', { name: 'Go on writing' })
    await goOn.waitFor()
    const first = await page.locator('.grade-text').first().textContent()
    await goOn.click()
    await says(/model\.safetensors: .*cut off/)
    expect(await page.locator(`${panel} .model-choices input:checked`).count()).toBe(2)
    await goOn.click()
    await page.getByText('4 written').waitFor()
    expect(await page.locator('.grade-text').first().textContent()).toBe(first)
    expect(await alerts()).toEqual(['', '', ''])
  })

  it('says so when a model does not know the script of a beginning', async () => {
    const other = await demo.open({ tab: 'grade' })
    await other.fill('#grade-beginnings', 'むかしむかし、あるところに、おじいさんとおばあさんが')
    await other.getByRole('button', { name: 'Write the completions' }).click()
    await other.locator(`${panel} .warning`, { hasText: 'as one unknown sign' }).waitFor()
    await other.context().close()
  })

  it('says what is wrong with the server, the key, the model and the prices', async () => {
    await fill('url', `http://user:pass@127.0.0.1/v1`)
    await mark()
    await says(/holds a user, a password/)
    const mute = await startChatServer({ apiKey: KEY })
    await fill('url', mute.baseURL)
    await fill('model', 'judge')
    await fill('key', KEY)
    await mark()
    await says(/cannot be reached from this page.*CORS/)
    expect(await page.locator('.grade-remedies').textContent()).toContain('OLLAMA_ORIGINS')
    expect(mute.counts().delivered).toBe(0)
    await mute.close()
    // The key was for the other server: this one does not get it.
    await fill('url', server.baseURL)
    expect(await page.getByRole('button', { name: 'Forget' }).count()).toBe(0)
    await fill('key', 'sk-wrong-key-000000')
    await mark()
    await says(/answered 401.*Check the key/)
    expect((await alerts()).join()).not.toContain('sk-wrong-key')
    await fill('key', KEY)
    await fill('model', 'teacher')
    await mark()
    await says(/`teacher` does not exist.*Check the model's name/)
    await fill('model', 'judge')
    await fill('url', 'https://judge.example/v1')
    await mark()
    await says(/price of judge is not known/)
    await fill('url', server.baseURL)
    await fill('key', KEY)
  })

  it('has them marked, within a budget, and goes on where it was stopped', async () => {
    const before = server.counts().delivered
    await page.locator('.teacher details').evaluate(details => {
      ;(details as HTMLDetailsElement).open = true
    })
    await fill('input-price', '1')
    await fill('output-price', '2')
    await fill('budget', '0.0001')
    await mark()
    await says(/budget of \$0\.0001.* is (too small|used up)/)
    expect(server.counts().delivered).toBe(before)
    await fill('budget', '1')
    let release = (): void => {}
    hold = new Promise(resolve => {
      release = resolve
    })
    await mark()
    await page.getByText('2 of 4 marked').waitFor()
    await page.locator('.teacher').getByRole('button', { name: 'Stop' }).click()
    await page.getByText('Not all marked').waitFor()
    expect(await page.locator('.grade-item .grade-marks').count()).toBe(2)
    hold = undefined
    release()
    await page.getByRole('button', { name: 'Go on marking' }).click()
    await page.getByText(/All marked/).waitFor()
    expect(await page.locator('.grade-item .grade-marks').count()).toBe(4)
    expect(await page.locator('.grade-assessment').first().textContent()).toBe(
      'The sentence is finished, and <b>that</b> is good.',
    )
    expect(await page.locator('.grade-progress').textContent()).toMatch(/\$0\.0\d/)
    // What was marked before the stop was not asked again.
    const first = [...server.deliveries].filter(([body]) => body.includes(BEGINNINGS[0]!))
    expect(first.map(([, times]) => times)).toEqual([1, 1, 1, 1])
    const paid = server.counts().delivered
    await mark()
    await page.getByText(/All marked/).waitFor()
    expect(server.counts().delivered).toBe(paid)
  })

  it('shows means with their errors, and gives the report as files', async () => {
    const report = parseReport(await download(/as JSON/), 'report.json')
    expect(report.models.map(({ graded }) => graded)).toEqual([2, 2])
    const marks = report.models.map(model => model.items.map(item => item.judgment!.scores.grammar as number))
    const rows = await page.locator('.grade-table tbody tr').all()
    for (const [i, row] of rows.entries()) {
      const [a, b] = marks[i]!
      const cell = await row.locator('td').first().textContent()
      // Two samples: half their difference is the standard error of the mean.
      expect(cell).toBe(`${((a! + b!) / 2).toFixed(2)} ± ${(Math.abs(a! - b!) / 2).toFixed(2)}`)
    }
    expect(await page.locator('.grade-charts svg[role=img]').count()).toBe(4)
    const html = await download(/Download as HTML/)
    expect(html).toContain('&lt;b&gt;that&lt;/b&gt;')
    for (const text of [JSON.stringify(report), html]) expect(text).not.toContain(KEY)
  })

  it('keeps the key in memory only', async () => {
    const left = await page.evaluate(async () => {
      const databases = await indexedDB.databases()
      const fields = [...document.querySelectorAll('input')].map(input => input.value)
      return JSON.stringify([
        { ...localStorage },
        { ...sessionStorage },
        databases,
        document.cookie,
        location.href,
        history.state,
        document.documentElement.outerHTML,
        fields,
      ])
    })
    expect(left).toContain('Kept in memory')
    expect(left).not.toContain(KEY)
    expect(said.join('\n')).not.toContain(KEY)
    expect(await page.locator('#grade-key').getAttribute('type')).toBe('password')
    expect(await page.locator('#grade-key').getAttribute('autocomplete')).toBe('off')
    await page.getByRole('button', { name: 'Forget' }).click()
    expect(await page.locator('#grade-key').getAttribute('placeholder')).not.toBe('Kept in memory')
  })

  it('opens a finished report, and says what is wrong with what is none', async () => {
    await page.setInputFiles('#grade-report', file('other.json', '{"some": "json"}'))
    await says(/other\.json: this is not a report/)
    await page.setInputFiles('#grade-report', file('half.json', '{"format": "tinystories-rep'))
    await says(/half\.json: this is not a report/)
    const hollow = { ...buildReport([]), models: [{ name: 'a', judge: 'b' }] }
    await page.setInputFiles('#grade-report', file('hollow.json', JSON.stringify(hollow)))
    await says(/hollow\.json, models\[0\]\.criteria: this is not what a report holds there/)
    const huge = await open(join(folder, 'huge.json'), 'w')
    await huge.truncate(2 ** 30)
    await huge.close()
    await page.setInputFiles('#grade-report', join(folder, 'huge.json'))
    await says(/huge\.json: 1,024 MB are more than this page takes/)

    const text = await download(/as JSON/)
    const fresh = await demo.open({ tab: 'grade', isolated: false, width: 390 })
    await fresh.setInputFiles('#grade-report', file('report.json', text))
    await fresh.locator('.grade-table tbody tr').nth(1).waitFor()
    expect(await fresh.locator('.grade-item .grade-marks').count()).toBe(4)
    expect(await fresh.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
    // Read and written again, numbers that cannot be had included, it is the same.
    const [again] = await Promise.all([
      fresh.waitForEvent('download'),
      fresh.getByRole('button', { name: /as JSON/ }).click(),
    ])
    expect(renderJson(parseReport(await readFile(await again.path(), 'utf8'), ''))).toBe(text)
    await fresh.getByRole('button', { name: 'Close this report' }).click()
    expect(await fresh.locator('.grade-results').count()).toBe(0)
    await fresh.context().close()
  })

  it.each(['light', 'dark'] as const)('has no serious fault of access in %s colours', async colorScheme => {
    await page.emulateMedia({ colorScheme })
    const faults = await seriousFaults(page)
    expect(faults).toEqual([])
    const folder = process.env.SCREENSHOTS
    if (folder) {
      for (const width of [1280, 768, 390]) {
        await page.setViewportSize({ width, height: 900 })
        await page.screenshot({ path: join(folder, `grade-${width}-${colorScheme}.png`), fullPage: true })
      }
    }
  })
})
