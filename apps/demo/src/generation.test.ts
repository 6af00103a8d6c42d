import type { GenerateOptions } from '@tinystories/model/generation'
import { buildPage, launchChromium, serveFolder, skipWithoutChromium } from '@tinystories/testing/browser'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { GenerationPage } from './testing/generation-page.ts'

declare const page: GenerationPage

const maxTokens = 40
const settings: GenerateOptions[] = [
  { temperature: 0 },
  { temperature: 0.8, topP: 0.95, seed: 3 },
  { temperature: 1, topK: 20, minP: 0.01, seed: 4 },
].map(setting => ({ ...setting, maxTokens }))

describe.skipIf(skipWithoutChromium())('the WASM engine in Chromium', () => {
  const closing: (() => Promise<unknown>)[] = []
  let tab: Awaited<ReturnType<Awaited<ReturnType<typeof launchChromium>>['newPage']>>
  beforeAll(async () => {
    const built = await buildPage(new URL('./testing/generation-page.ts', import.meta.url))
    closing.push(built.remove)
    const browser = await launchChromium({ webgpu: false })
    closing.push(() => browser.close())
    const served = await serveFolder(built.folder, { isolated: false })
    closing.push(served.close)
    tab = await browser.newPage()
    await tab.goto(served.url)
  })
  afterAll(async () => {
    for (const close of closing.reverse()) await close()
  })

  it('writes what tfjs writes, greedy and sampled', async () => {
    const prompts = ['Once upon a time, there was a', 'The dog said, "']
    const results = await tab.evaluate(({ prompts, settings }) => page.generate(prompts, settings), {
      prompts,
      settings,
    })
    expect(results).toHaveLength(settings.length)
    for (const { wasm, tfjs } of results) {
      expect(wasm.map(({ ids }) => ids)).toEqual(tfjs.map(({ ids }) => ids))
      for (const [i, { logProbabilities }] of wasm.entries()) {
        for (const [j, value] of logProbabilities.entries()) {
          // Float32 sums in another order.
          expect(Math.abs(value - tfjs[i]!.logProbabilities[j]!)).toBeLessThan(1e-4)
        }
      }
    }
    const [greedy, sampled] = results
    expect(sampled!.tfjs).not.toEqual(greedy!.tfjs)
  })
})
