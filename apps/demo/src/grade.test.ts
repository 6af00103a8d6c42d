import { mkdtemp, open as openFile, readFile, rm } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildReport, grade as gradeTexts, parseReport, renderJson } from '@tinystories/grader'
import { type ChatServer, type ServedRequest, startChatServer } from '@tinystories/llm/testing'
import { skipWithoutChromium } from '@tinystories/testing/browser'
import { describe, expect, onTestFinished } from 'vitest'
import { asksBeforeLeaving } from './testing/asks-before-leaving.ts'
import { axeFindings } from './testing/axe.ts'
import type { Page } from './testing/demo-browser.ts'
import { createDemoTest } from './testing/demo-test.ts'
import { GradePage } from './testing/grade-page.ts'

const KEY = 'sk-planted-0123456789abcdef'
const PROMPTS = ['The frog wanted to jump over the pond, so', 'Mia had a kite. When the wind came,'] as const

/** A server whose judge can be made to wait with the second prompt. */
interface Judge {
  server: ChatServer
  hold(): void
  release(): void
}

/** Longer texts get better scores. */
function judgeReply({ messages }: ServedRequest): string {
  if (/Give no scores yet/.test(messages.at(-1)?.content ?? ''))
    return 'The sentence is finished, and <b>that</b> is good.'
  const length = messages[1]?.content.length ?? 0
  return `Grammar: ${5 + (length % 5)}/10, Creativity: ${length % 7}/10, Consistency: 8/10, Plot: 4/10, Age group: B`
}

const it = createDemoTest()
  .extend('judge', async ({}, { onCleanup }): Promise<Judge> => {
    let held = Promise.resolve()
    let release = (): void => {}
    const server = await startChatServer({
      cors: true,
      apiKey: KEY,
      models: ['judge'],
      async respond(request) {
        if (request.messages[1]?.content.includes(PROMPTS[1])) await held
        return judgeReply(request)
      },
    })
    onCleanup(() => {
      release()
      return server.close()
    })
    return {
      server,
      hold() {
        held = new Promise(resolve => {
          release = resolve
        })
      },
      release: () => release(),
    }
  })
  .extend('grade', async ({ open }): Promise<GradePage> => {
    const page = await open({ tab: 'grade' })
    await page.waitForSelector('#grade-prompts')
    return new GradePage(page)
  })

async function useJudge(grade: GradePage, { server }: Judge): Promise<void> {
  await grade.fill('url', server.baseURL)
  await grade.fill('model', 'judge')
  await grade.fill('key', KEY)
}

/** Two models complete two prompts, and all is judged. */
async function gradeAll(grade: GradePage, judge: Judge): Promise<void> {
  await grade.write(PROMPTS)
  await grade.page.getByText('4 written').waitFor()
  await useJudge(grade, judge)
  await grade.judge()
  await grade.page.getByText(/All judged/).waitFor()
}

/** A body that goes on until nobody reads it. */
function endless(response: ServerResponse): void {
  const piece = Buffer.alloc(2 ** 20, 32)
  const write = (): void => {
    while (!response.destroyed && response.write(piece));
  }
  response.on('drain', write)
  write()
}

describe.skipIf(skipWithoutChromium())('grading in the page', () => {
  it('loads only when its tab is opened, and without anything of Node', async ({ open }) => {
    const loaded = (page: Page): Promise<string[]> =>
      page.evaluate(() =>
        performance
          .getEntriesByType('resource')
          .map(entry => entry.name)
          .filter(name => name.endsWith('.js') && name.includes('grade')),
      )
    const page = await open()
    await page.waitForSelector('#panel-write .status .engine')
    expect(await loaded(page)).toEqual([])
    await page.locator('#tab-grade').click()
    await page.waitForSelector('#grade-prompts')
    const scripts = await loaded(page)
    expect(scripts).not.toEqual([])
    for (const url of scripts) {
      const code = await (await fetch(url)).text()
      expect(code).not.toMatch(/browser-external|node:fs|from"node:/)
    }
  })

  it('writes completions of two models side by side', async ({ grade }) => {
    await grade.write([])
    await grade.problem(/Enter at least one prompt/)
    await grade.write(PROMPTS)
    await grade.page.getByText('4 written').waitFor()
    expect(await grade.locator('.grade-prompt').allTextContents()).toEqual(PROMPTS)
    const texts = await grade.locator('.grade-text').allTextContents()
    expect(new Set(texts).size).toBe(4)
    for (const text of texts) expect(text.length).toBeGreaterThan(20)
    expect((await grade.locator('[role=alert]').allTextContents()).join('')).toBe('')
    expect(await grade.locator('.warning').count()).toBe(0)
    expect(await asksBeforeLeaving(grade.page)).toBe(false)
  })

  it('resumes after a stop, and without a model that does not open', async ({ grade }) => {
    const models = fileURLToPath(new URL('../models/', import.meta.url))
    await grade.page.getByText('Use another model').last().click()
    await grade.locator('form[aria-label=Completions] .drop-zone input').setInputFiles([
      {
        name: 'model.safetensors',
        mimeType: 'application/octet-stream',
        buffer: (await readFile(join(models, 'small/model.safetensors'))).subarray(0, 5000),
      },
      {
        name: 'config.json',
        mimeType: 'application/json',
        buffer: await readFile(join(models, 'small/config.json')),
      },
      {
        name: 'tokenizer.json',
        mimeType: 'application/json',
        buffer: await readFile(join(models, 'tokenizer.json')),
      },
    ])
    // Up to three: the one that is left cannot be added.
    const checked = grade.locator('.model-choices input:checked')
    await checked.nth(2).waitFor()
    expect(await checked.count()).toBe(3)
    expect(await grade.locator('.model-choices input:disabled').count()).toBe(1)
    // Stops in the page when a model has written one of two completions, for stories are written quickly.
    await grade.page.locator('#panel-grade').evaluate(panel => {
      const observer = new MutationObserver(() => {
        if (![...panel.querySelectorAll('.status')].some(status => /1 of 2/.test(status.textContent))) return
        observer.disconnect()
        const buttons = panel.querySelectorAll<HTMLElement>('form[aria-label=Completions] button')
        for (const button of buttons) if (button.textContent === 'Stop') button.click()
      })
      observer.observe(panel, { subtree: true, childList: true, characterData: true })
    })
    await grade.write(PROMPTS)
    const resume = grade.button('Resume writing')
    await resume.waitFor()
    const first = await grade.locator('.grade-text').first().textContent()
    await resume.click()
    await grade.problem(/model\.safetensors: .*cut off/)
    expect(await checked.count()).toBe(2)
    await resume.click()
    await grade.page.getByText('4 written').waitFor()
    expect(await grade.locator('.grade-text').first().textContent()).toBe(first)
    expect((await grade.locator('[role=alert]').allTextContents()).join('')).toBe('')
  })

  it('says so when a model does not know the script of a prompt', async ({ grade }) => {
    await grade.write(['むかしむかし、あるところに、おじいさんとおばあさんが'])
    await grade.locator('.warning', 'as the unknown token').waitFor()
  })

  it('says what is wrong with the server, the key, the model and the prices', async ({ grade, judge }) => {
    await grade.write(PROMPTS)
    await grade.page.getByText('4 written').waitFor()
    await grade.fill('url', 'http://user:pass@127.0.0.1/v1')
    await grade.judge()
    await grade.problem(/contains a user, a password/)
    const mute = await startChatServer({ apiKey: KEY })
    try {
      await grade.fill('url', mute.baseURL)
      await grade.fill('model', 'judge')
      await grade.fill('key', KEY)
      await grade.judge()
      await grade.problem(/cannot be reached from this page.*CORS/)
      await grade.locator('.grade-remedies', 'OLLAMA_ORIGINS').waitFor()
      expect(mute.counts().delivered).toBe(0)
    } finally {
      await mute.close()
    }
    // The key was for the other server: this one does not get it.
    await grade.fill('url', judge.server.baseURL)
    await grade.button('Forget').waitFor({ state: 'detached' })
    await grade.fill('key', 'sk-wrong-key-000000')
    await grade.judge()
    await grade.problem(/answered 401.*Check the key/)
    expect((await grade.locator('[role=alert]').allTextContents()).join()).not.toContain('sk-wrong-key')
    await grade.fill('key', KEY)
    await grade.fill('model', 'teacher')
    await grade.judge()
    await grade.problem(/`teacher` does not exist.*Check the name of the model/)
    await grade.fill('model', 'judge')
    await grade.fill('url', 'https://judge.example/v1')
    await grade.judge()
    await grade.problem(/price of judge is not known/)
  })

  it('judges within a budget, and resumes where it was stopped', async ({ grade, judge }) => {
    await grade.write(PROMPTS)
    await grade.page.getByText('4 written').waitFor()
    await useJudge(grade, judge)
    await grade.page.getByText('Prices', { exact: true }).click()
    await grade.fill('input-price', '1')
    await grade.fill('output-price', '2')
    await grade.fill('budget', '0.0001')
    await grade.judge()
    await grade.problem(/budget of \$0\.0001.* is (too small|used up)/)
    expect(judge.server.counts().delivered).toBe(0)
    await grade.fill('budget', '1')
    judge.hold()
    await grade.judge()
    await grade.page.getByText('2 of 4 judged').waitFor()
    await grade.page.locator('.judge').getByRole('button', { name: 'Stop' }).click()
    await grade.page.getByText('Not all judged').waitFor()
    await grade.locator('.grade-item .grade-scores').nth(1).waitFor()
    expect(await grade.locator('.grade-item .grade-scores').count()).toBe(2)
    judge.release()
    await grade.judge()
    await grade.page.getByText(/All judged/).waitFor()
    await grade.locator('.grade-item .grade-scores').nth(3).waitFor()
    expect(await grade.locator('.grade-assessment').first().textContent()).toBe(
      'The sentence is finished, and <b>that</b> is good.',
    )
    await grade.locator('.grade-progress', /\$0\.0\d/).waitFor()
    // What was judged before the stop was not asked again.
    const first = [...judge.server.deliveries].filter(([body]) => body.includes(PROMPTS[0]))
    expect(first.map(([, times]) => times)).toEqual([1, 1, 1, 1])
    const paid = judge.server.counts().delivered
    await grade.judge()
    await grade.page.getByText(/All judged/).waitFor()
    expect(judge.server.counts().delivered).toBe(paid)
  })

  it('opens the report of an address, and says what is wrong with another', async ({ open }) => {
    const completions = PROMPTS.map((prompt, i) => ({
      ...{ promptId: `p${i}`, trial: 0, prompt },
      text: 'it jumped and was glad.',
    }))
    const graded = await gradeTexts(completions, { judge: 'offline', name: 'from far away' })
    const report = renderJson(buildReport([graded]))
    const server = createServer((request, response) => {
      response.setHeader('access-control-allow-origin', '*')
      if (request.url === '/report.json') response.end(report)
      else if (request.url === '/endless.json') endless(response)
      else response.writeHead(404).end()
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const page = await open({ tab: `grade?report=${encodeURIComponent(`${origin}/report.json`)}` })
    await page.locator('#panel-grade').getByRole('rowheader', { name: 'from far away' }).first().waitFor()
    await page.getByLabel('Or the address of a report.json').fill(`${origin}/none.json`)
    await page.getByRole('button', { name: 'Open', exact: true }).click()
    await page
      .locator('#panel-grade [role=alert]')
      .getByText(/none\.json.*404/)
      .waitFor()
    expect(page.url()).toContain(encodeURIComponent('none.json'))
    await page.getByLabel('Or the address of a report.json').fill(`${origin}/endless.json`)
    await page.getByRole('button', { name: 'Open', exact: true }).click()
    await page
      .locator('#panel-grade [role=alert]')
      .getByText(/endless\.json has \d+ bytes; at most 67108864 are read/)
      .waitFor()
  })

  it('shows means with their errors for everybody, and gives the report as files', async ({
    grade,
    judge,
  }) => {
    await gradeAll(grade, judge)
    // What was paid for.
    expect(await asksBeforeLeaving(grade.page)).toBe(true)
    const report = parseReport(await grade.download(/as JSON/), 'report.json')
    expect(report.models.map(({ graded }) => graded)).toEqual([2, 2])
    const rows = await grade.locator('.grade-judged .grade-table tbody tr').all()
    expect(rows).toHaveLength(2)
    for (const [i, row] of rows.entries()) {
      const scores = report.models[i]?.items.map(item => item.judgment?.scores.grammar as number) ?? []
      const [a = Number.NaN, b = Number.NaN] = scores
      // Two samples: half their difference is the standard error of the mean.
      expect(await row.locator('td').first().textContent()).toBe(
        `${((a + b) / 2).toFixed(2)} ± ${(Math.abs(a - b) / 2).toFixed(2)}`,
      )
    }
    expect(await grade.locator('.grade-charts svg[role=img]').count()).toBe(4)
    // Beside them what the texts alone show, without a criterion that the estimate refuses, and how far that can be trusted.
    const estimates = grade.page.locator('.grade-estimates')
    expect(await estimates.locator('.grade-table').first().locator('tbody tr').count()).toBe(2)
    expect(await estimates.locator('.grade-table').first().locator('thead').textContent()).not.toContain(
      'plot',
    )
    await estimates.getByText('How far to trust these').click()
    await estimates.getByText(/fitted to 450 scores of a person/).waitFor()
    expect(await estimates.locator('details tbody').textContent()).toMatch(/0\.\d\d/)
    const html = await grade.download(/Download as HTML/)
    expect(html).toContain('&lt;b&gt;that&lt;/b&gt;')
    for (const text of [JSON.stringify(report), html]) expect(text).not.toContain(KEY)
    for (const colorScheme of ['light', 'dark'] as const) {
      await grade.page.emulateMedia({ colorScheme })
      expect(await axeFindings(grade.page), colorScheme).toEqual([])
    }
  })

  it('keeps the key in memory only; the report opens again, the same at a phone', async ({
    grade,
    judge,
    open,
  }) => {
    const said: string[] = []
    grade.page.on('console', message => said.push(message.text()))
    grade.page.on('pageerror', error => said.push(error.message))
    await gradeAll(grade, judge)
    const left = await grade.page.evaluate(async () => {
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
    const field = grade.page.locator('#grade-key')
    expect(await field.getAttribute('type')).toBe('password')
    expect(await field.getAttribute('autocomplete')).toBe('off')
    await grade.button('Forget').click()
    await grade.page.locator('#grade-key:not([placeholder="Kept in memory"])').waitFor()

    const text = await grade.download(/as JSON/)
    const page = await open({ tab: 'grade', isolated: false, width: 390 })
    const other = new GradePage(page)
    await other.openReport('report.json', text)
    await other.locator('.grade-table tbody tr').nth(1).waitFor()
    expect(await other.locator('.grade-item .grade-scores').count()).toBe(4)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
    // Read and written again, numbers that are not available included, it is the same.
    expect(parseReport(await other.download(/as JSON/), '')).toEqual(parseReport(text, ''))
    await other.button('Close this report').click()
    await other.locator('.grade-results').waitFor({ state: 'detached' })
  })

  it('says what is wrong with a file that is not a report', async ({ grade, onTestFinished }) => {
    await grade.openReport('other.json', '{"some": "json"}')
    await grade.problem(/other\.json is not a report\. Choose the report\.json/)
    await grade.openReport('half.json', '{"format": "tinystories-rep')
    await grade.problem(/half\.json is not/)
    const hollow = { ...buildReport([]), models: [{ name: 'a', judge: 'b' }] }
    await grade.openReport('hollow.json', JSON.stringify(hollow))
    await grade.problem(/hollow\.json: models\.0\.\w+: expected/)
    const folder = await mkdtemp(join(tmpdir(), 'demo-grade-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    // Sparse: it takes no room.
    const huge = await openFile(join(folder, 'huge.json'), 'w')
    await huge.truncate(2 ** 30)
    await huge.close()
    await grade.page.setInputFiles('#grade-report', join(folder, 'huge.json'))
    await grade.problem(/huge\.json has \d+ bytes/)
  })
})
