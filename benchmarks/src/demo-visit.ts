import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { launchChromium } from '@tinystories/testing/browser'

// What visitors of the demo meet, measured in the page as it is published.

type Browser = Awaited<ReturnType<typeof launchChromium>>
export type Page = Awaited<ReturnType<Browser['newPage']>>

/** Opens the page as a first visit, with an empty cache. */
export async function visit(browser: Browser, url: string): Promise<Page> {
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.addInitScript(() => {
    const seen = { longest: 0 }
    Object.assign(globalThis, { seen })
    new PerformanceObserver(list => {
      for (const { duration } of list.getEntries()) seen.longest = Math.max(seen.longest, duration)
    }).observe({ type: 'longtask', buffered: true })
  })
  await page.goto(url)
  return page
}

/** Milliseconds from opening the page to the first written word, and to the end of the story. */
export async function firstStory(page: Page): Promise<{ word: number; end: number }> {
  const when = (selector: string): Promise<number> =>
    page
      .waitForFunction(wanted => document.querySelector(wanted) && performance.now(), selector)
      .then(found => found.jsonValue() as Promise<number>)
  const word = await when('.hero .token:not(.given)')
  return { word, end: await when('.hero .status .engine') }
}

/**
 * Milliseconds of the longest task of the page's own thread since this was last asked. Browsers report tasks of 50 ms
 * and more: 50 stands for all shorter ones.
 */
export function longestTask(page: Page): Promise<number> {
  return page.evaluate(() => {
    const { seen } = globalThis as unknown as { seen: { longest: number } }
    const { longest } = seen
    seen.longest = 0
    return Math.max(50, longest)
  })
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

/** Bytes of the page's own files: all panels with the stories they train on, but neither models nor runtimes. */
export async function pageBytes(folder: string): Promise<{ all: number; stories: number }> {
  let all = 0
  let stories = 0
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (!entry.isFile() || /\.wasm$|ort-wasm.*\.mjs$|\.safetensors$|\.int8$|tokenizer-/.test(path)) continue
    const { size } = await stat(path)
    all += size
    if (entry.name.endsWith('.jsonl')) stories += size
  }
  return { all, stories }
}

/** Bytes that a first visit loads until its first story is told: the page, and beside it its model and its runtime. */
export async function loadedBytes(
  browser: Browser,
  url: string,
): Promise<{ page: number; model: number; runtime: number }> {
  const context = await browser.newContext()
  const page = await context.newPage()
  const sums = { page: 0, model: 0, runtime: 0 }
  const seen = new Set<string>()
  page.on('response', response => {
    const address = response.url()
    if (seen.has(address) || !address.startsWith('http')) return
    seen.add(address)
    const kind = /\.safetensors|tokenizer-/.test(address)
      ? 'model'
      : /\.wasm|ort-wasm/.test(address)
        ? 'runtime'
        : 'page'
    sums[kind] += Number(response.headers()['content-length'] ?? 0)
  })
  await page.goto(url)
  await page.waitForSelector('.hero .status .engine')
  await context.close()
  return sums
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
