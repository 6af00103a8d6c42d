import type { GenerateOptions } from '@tinystories/model'
import { buildPage, launchChromium, serveFolder, skipWithoutChromium } from '@tinystories/testing/browser'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { GenerationPage } from './testing/generation-page.ts'

declare const page: GenerationPage

type Browser = Awaited<ReturnType<typeof launchChromium>>
type Tab = Awaited<ReturnType<Browser['newPage']>>

const settings: GenerateOptions[] = [
  { temperature: 0 },
  { temperature: 0.8, topP: 0.95, seed: 3 },
  { temperature: 1, topK: 20, minP: 0.01, seed: 4 },
]

describe.skipIf(skipWithoutChromium())('compiled generation in Chromium', () => {
  const closing: (() => Promise<unknown>)[] = []
  let isolated: Tab
  let plain: Tab
  let graphics: Tab
  beforeAll(async () => {
    const built = await buildPage(new URL('./testing/generation-page.ts', import.meta.url))
    closing.push(built.remove)
    const open = async (browser: Browser, options: { isolated: boolean }): Promise<Tab> => {
      const served = await serveFolder(built.folder, options)
      closing.push(served.close)
      const tab = await browser.newPage()
      await tab.goto(served.url)
      return tab
    }
    const launch = async (webgpu: boolean): Promise<Browser> => {
      const browser = await launchChromium({ webgpu })
      closing.push(() => browser.close())
      return browser
    }
    const browser = await launch(false)
    isolated = await open(browser, { isolated: true })
    plain = await open(browser, { isolated: false })
    graphics = await open(await launch(true), { isolated: true })
  })
  afterAll(async () => {
    for (const close of closing.reverse()) await close()
  })

  it.each([
    ['two threads, a worker', () => isolated, { threads: 2 }, 40, 1e-4],
    ['one thread, no isolation', () => plain, {}, 40, 1e-4],
    // SwiftShader computes on the CPU, slowly, and its exponentials are not exact to the last bit.
    ['WebGPU', () => graphics, { providers: ['webgpu', 'wasm'] }, 6, 1e-2],
  ] as const)(
    'writes what tfjs writes, greedy and sampled: %s',
    async (_, tab, options, maxTokens, tolerance) => {
      const prompts = ['Once upon a time, there was a', 'The dog said, "']
      const tellings = await tab().evaluate(
        ({ options, prompts, settings }) =>
          page.tell({ ...options } as Parameters<typeof page.tell>[0], prompts, settings),
        { options, prompts, settings: settings.map(setting => ({ ...setting, maxTokens })) },
      )
      expect(tellings).toHaveLength(settings.length)
      for (const { compiled, eager } of tellings) {
        expect(compiled.map(({ text }) => text)).toEqual(eager.map(({ text }) => text))
        for (const { text } of eager) expect(text.length).toBeGreaterThan(maxTokens * 2)
        for (const [i, { logProbabilities }] of compiled.entries()) {
          for (const [j, value] of logProbabilities.entries()) {
            expect(Math.abs(value - eager[i]!.logProbabilities[j]!)).toBeLessThan(tolerance)
          }
        }
      }
      const [greedy, sampled] = tellings
      expect(sampled!.eager).not.toEqual(greedy!.eager)
    },
  )
})
