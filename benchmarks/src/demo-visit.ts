import { readFile } from 'node:fs/promises'
import type { launchChromium } from '@tinystories/testing/browser'

// What visitors of the demo meet, measured in the page as it is published.

type Browser = Awaited<ReturnType<typeof launchChromium>>
export type Page = Awaited<ReturnType<Browser['newPage']>>

/** Opens the page as a first visit, with an empty cache, or once more in the browser of an earlier visit. */
export async function visit(browser: Browser, url: string, before?: Page): Promise<Page> {
  const context = before?.context() ?? (await browser.newContext())
  const page = await context.newPage()
  await page.goto(url)
  return page
}

/**
 * Milliseconds from the start of the navigation to the first written word, and to the end of the story: all that is
 * downloaded before, here over the loopback device, is in them.
 */
export async function firstStory(page: Page): Promise<{ word: number; end: number }> {
  const when = (selector: string): Promise<number> =>
    page
      .waitForFunction(wanted => document.querySelector(wanted) && performance.now(), selector)
      .then(found => found.jsonValue() as Promise<number>)
  const word = await when('.hero .token:not(.given)')
  return { word, end: await when('.hero .status .engine') }
}

const MARK = 'the page that is measured'

interface TraceEvent {
  ph: string
  name: string
  pid: number
  tid: number
  /** Microseconds that the thread computed: what other programs take of a core does not count. */
  tdur?: number
}

/** Milliseconds that the longest task of the page's own thread computed while something is done in the page. */
export async function longestTask(
  browser: Browser,
  page: Page,
  act: () => Promise<unknown>,
): Promise<number> {
  await browser.startTracing(page, { categories: ['toplevel', 'blink.user_timing'] })
  await act()
  // Chromium draws parts of its own in such threads, too: only that with this mark is the page's.
  await page.evaluate(mark => performance.mark(mark), MARK)
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as {
    traceEvents: TraceEvent[]
  }
  const thread = ({ pid, tid }: TraceEvent): string => `${pid}:${tid}`
  const marked = traceEvents.find(({ name }) => name === MARK)
  if (!marked) throw new Error('Chromium did not trace the thread of the page')
  const tasks = traceEvents.filter(
    event => event.ph === 'X' && event.name.endsWith('RunTask') && thread(event) === thread(marked),
  )
  if (tasks.length === 0) throw new Error('Chromium traced no task')
  return tasks.reduce((most, { tdur = 0 }) => Math.max(most, tdur), 0) / 1000
}

/** Writes so many stories in the workshop, one after another. */
export async function writeStories(page: Page, count: number): Promise<void> {
  await page.getByRole('link', { name: 'Workshop' }).click()
  await page.waitForSelector('#panel-write .status[data-count]')
  for (let i = 0; i < count; i++) {
    const before = await page.locator('#panel-write .status').getAttribute('data-count')
    await page.getByRole('button', { name: 'Write another' }).click()
    await page.waitForSelector(`#panel-write .status[data-count]:not([data-count="${before}"])`)
  }
}

/** Scrolls through the whole paper as a reader does, and waits for what is alive in each chapter. */
export async function readPaper(page: Page): Promise<void> {
  await page.mouse.move(640, 400)
  for (const chapter of await page.locator('.chapter').all()) {
    const isSeen = (): Promise<boolean> =>
      chapter.evaluate(each => each.getBoundingClientRect().bottom < innerHeight)
    for (let i = 0; i < 100 && !(await isSeen()); i++) {
      await page.mouse.wheel(0, 150)
      await page.waitForTimeout(50)
    }
    await chapter.locator('.live > *').first().waitFor()
  }
  await page.waitForTimeout(1000)
}

/** Opens every panel of the workshop, and then each again. */
export async function switchPanels(page: Page): Promise<void> {
  for (const panel of [...panels, ...panels]) {
    await page.locator(`#tab-${panel}`).click()
    await page.locator(`#panel-${panel} > :not(.quiet)`).first().waitFor()
    if (panel === 'inside') await page.locator('.lens').waitFor()
    await page.waitForTimeout(300)
  }
}

const panels = ['write', 'train', 'inside', 'grade', 'compare']

/** Leaves heads out, and looks for what neurons are active on. */
export async function lookInside(page: Page): Promise<void> {
  await page.locator('#tab-inside').click()
  await page.getByRole('button', { name: /^Ablate/ }).click()
  await page.locator('.two-completions').waitFor()
  await page.getByRole('button', { name: 'Find top activations' }).click()
  await page.locator('.neurons > li').nth(5).waitFor()
}

/** Starts training on the bundled stories, for as long as the page allows. */
export async function startTraining(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Workshop' }).click()
  await page.locator('#tab-train').click()
  await page.selectOption('#train-minutes', '30')
  await page.getByRole('button', { name: 'Start training' }).click()
  await page.waitForFunction(() => Number(document.querySelector('.numbers dd')?.textContent) > 0, null, {
    timeout: 120_000,
  })
}

export interface MemorySample {
  minute: number
  step: number
  /** Bytes of live objects and arrays of JavaScript in the page. */
  page: number
  /** The same in the worker that trains. */
  worker: number
  /** Elements in the document. */
  nodes: number
  /** Bytes of the renderer's own resident memory, and of all the browser's processes; 0 where `/proc` is not there. */
  renderer: number
  browser: number
}

/** Collects garbage in the page and in its training worker, then looks. */
export async function memoryNow(browser: Browser, page: Page): Promise<Omit<MemorySample, 'minute'>> {
  const session = await page.context().newCDPSession(page)
  const inPage = await liveBytes((method, params) => session.send(method as never, params as never))
  const inWorker = await inTrainingWorker(session)
  await session.detach()
  const shown = await page.evaluate(() => ({
    nodes: document.querySelectorAll('*').length,
    step: Number(document.querySelector('.numbers dd')!.textContent!.replaceAll(',', '')),
  }))
  const system = await browser.newBrowserCDPSession()
  const { processInfo } = await system.send('SystemInfo.getProcessInfo')
  await system.detach()
  const resident = await Promise.all(
    processInfo.map(async ({ id, type }) => ({ type, bytes: await ownResidentBytes(id) })),
  )
  return {
    ...shown,
    page: inPage,
    worker: inWorker,
    // The page's renderer is the largest; others are spare.
    renderer: Math.max(...resident.filter(({ type }) => type === 'renderer').map(({ bytes }) => bytes)),
    browser: resident.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}

type Send = (method: string, params?: object) => Promise<unknown>
type Session = Awaited<ReturnType<ReturnType<Page['context']>['newCDPSession']>>

async function liveBytes(send: Send): Promise<number> {
  await send('HeapProfiler.collectGarbage')
  await send('HeapProfiler.collectGarbage')
  const { usedSize, backingStorageSize } = (await send('Runtime.getHeapUsage')) as Record<string, number>
  return usedSize! + backingStorageSize!
}

/** Playwright has no session for a worker; the protocol's older way of messages to targets has. */
async function inTrainingWorker(session: Session): Promise<number> {
  const found = new Promise<string>(resolve => {
    session.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => {
      if (targetInfo.url.includes('train-worker')) resolve(sessionId)
    })
  })
  await session.send('Target.setAutoAttach', {
    autoAttach: true,
    waitForDebuggerOnStart: false,
    flatten: false,
  })
  const sessionId = await found
  const waiting = new Map<number, (result: unknown) => void>()
  session.on('Target.receivedMessageFromTarget', ({ sessionId: from, message }) => {
    if (from !== sessionId) return
    const { id, result } = JSON.parse(message) as { id: number; result: unknown }
    waiting.get(id)?.(result)
  })
  let id = 0
  return liveBytes((method, params = {}) => {
    id++
    const answered = new Promise<unknown>(resolve => waiting.set(id, resolve))
    void session.send('Target.sendMessageToTarget', {
      sessionId,
      message: JSON.stringify({ id, method, params }),
    })
    return answered
  })
}

/** What a process has for itself, shared files left out. */
async function ownResidentBytes(id: number): Promise<number> {
  const status = await readFile(`/proc/${id}/status`, 'utf8').catch(() => '')
  return 1024 * Number(/RssAnon:\s+(\d+)/.exec(status)?.[1] ?? 0)
}
