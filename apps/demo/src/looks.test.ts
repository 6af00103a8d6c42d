import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { whyNoChromium } from '@tinystories/browser-testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DemoBrowser, startDemo, storyOf } from './testing/demo-browser.ts'

interface AxeResult {
  violations: { id: string; impact: string; nodes: { html: string }[] }[]
}

describe.skipIf(whyNoChromium())('the page as a whole', () => {
  let demo: DemoBrowser
  let axe: string
  beforeAll(async () => {
    demo = await startDemo({ webgpu: true })
    axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  })
  afterAll(() => demo?.close())

  it.each(['light', 'dark'] as const)(
    'has no serious fault of accessibility in any panel (%s)',
    async colorScheme => {
      const page = await demo.open({ colorScheme, width: colorScheme === 'dark' ? 390 : 1280 })
      await storyOf(page)
      await page.evaluate(axe)
      for (const tab of ['write', 'train', 'inside', 'grade', 'compare']) {
        await page.locator(`#tab-${tab}`).click()
        await page.locator(`#panel-${tab} > :not(.quiet)`).first().waitFor()
        if (tab === 'inside') await page.locator('.head-view').waitFor({ timeout: 60_000 })
        const { violations } = (await page.evaluate('axe.run()')) as AxeResult
        const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
        expect(serious.map(({ id, nodes }) => `${tab}: ${id} ${nodes[0]!.html.slice(0, 120)}`)).toEqual([])
      }
      await page.context().close()
    },
  )

  it.each([390, 768])('needs no scrolling sideways at %i pixels', async width => {
    const page = await demo.open({ width })
    await storyOf(page)
    for (const tab of ['write', 'train', 'inside', 'grade', 'compare']) {
      await page.locator(`#tab-${tab}`).click()
      await page.locator(`#panel-${tab} > :not(.quiet)`).first().waitFor()
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
    }
    await page.context().close()
  })

  it('shows heads in two groups, what changes without one, and what wakes neurons', async () => {
    const page = await demo.open({ tab: 'inside' })
    await page.locator('.head-tile').first().waitFor({ timeout: 60_000 })
    expect(await page.locator('.head-tile').count()).toBe(16)
    const scores = (await page.locator('.head-tile .figure').allTextContents()).map(Number)
    const distance = await page.locator('.head-group').first().locator('.head-tile').count()
    expect(scores.slice(0, distance).every(score => score >= 0.5)).toBe(true)
    expect(scores.slice(distance).every(score => score < 0.5)).toBe(true)
    await page.getByRole('button', { name: /^Leave out/ }).click()
    await page.locator('.two-stories').waitFor({ timeout: 60_000 })
    const told = await page.locator('.told').allTextContents()
    expect(told[0]).toMatch(/^Once upon a time, there was a girl named Lily/)
    await page.getByRole('button', { name: 'Read the stories' }).click()
    await page.locator('.neurons > li').first().waitFor({ timeout: 60_000 })
    expect(await page.locator('.neurons > li').count()).toBe(6)
    expect(await page.locator('.neurons > li:first-child mark').count()).toBe(6)
    await page.context().close()
  })

  it('goes on with WebAssembly when WebGPU is lost while it writes', async () => {
    const page = await demo.open()
    await storyOf(page)
    // The worker that will have the device keeps it where the test finds it.
    const started = page.waitForEvent('worker')
    await page.selectOption('#engine', 'webgpu')
    const worker = await started
    await worker.evaluate(() => {
      type Prototype = { requestDevice(...args: unknown[]): Promise<unknown> }
      const { prototype } = (globalThis as unknown as { GPUAdapter: { prototype: Prototype } }).GPUAdapter
      const { requestDevice } = prototype
      prototype.requestDevice = async function (...args) {
        const device = await requestDevice.apply(this, args)
        Object.assign(globalThis, { device })
        return device
      }
    })
    await page.getByRole('button', { name: 'Tell another' }).click()
    await expect.poll(() => worker.evaluate(() => 'device' in globalThis), { timeout: 60_000 }).toBe(true)
    await worker.evaluate(() => (globalThis as unknown as { device: { destroy(): void } }).device.destroy())
    await page
      .locator('#panel-write .status .engine', { hasText: 'WebAssembly' })
      .waitFor({ timeout: 60_000 })
    // While it writes, or already while the engine starts: each way the page says so.
    await expect
      .poll(() => page.locator('#panel-write .sheet').textContent(), { timeout: 30_000 })
      .toMatch(/took WebGPU away|something else than was chosen\. WebGPU/)
    expect(await storyOf(page)).toMatch(/^Once upon a time/)
    await page.context().close()
  })
})
