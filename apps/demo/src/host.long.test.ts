import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { serveFolder, skipWithoutChromium } from '@tinystories/testing/browser'
import { describe, expect } from 'vitest'
import { storyOf } from './testing/demo-browser.ts'
import { createDemoTest } from './testing/demo-test.ts'

const it = createDemoTest()
const script = fileURLToPath(new URL('../scripts/serve.ts', import.meta.url))

describe.skipIf(skipWithoutChromium())('the page in a folder of a static host', () => {
  it('has threads from the second visit on, opens without a network, and its links lead to the same story', async ({
    open,
    onTestFinished,
  }) => {
    const host = await mkdtemp(join(tmpdir(), 'demo-host-'))
    onTestFinished(() => rm(host, { recursive: true }))
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [
        '--conditions=@tinystories/source',
        ...[script, 'build', '--base', '/name/', '--out', 'name', '--url', 'https://host.example/name'],
      ],
      { env: { ...process.env, INIT_CWD: host } },
    )
    expect(stdout).toBe(`The page is in ${join(host, 'name')}\n`)
    // As plain as they come: no headers of isolation.
    const served = await serveFolder(host)
    onTestFinished(() => served.close())
    const url = `${served.url}name/`
    const page = await open({ offline: true })
    await page.goto(url)
    await page.locator('.hero .status .engine').waitFor()
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(false)
    const card = await page.locator('meta[property="og:image"]').getAttribute('content')
    expect(card).toBe('https://host.example/name/card.png')
    // What installing needs is in this folder.
    const icons = await page.evaluate(async () => {
      const address = document.querySelector<HTMLLinkElement>('link[rel=manifest]')!.href
      const { icons } = (await (await fetch(address)).json()) as { icons: { src: string }[] }
      return Promise.all(icons.map(async ({ src }) => (await fetch(new URL(src, address))).status))
    })
    expect(icons).toEqual([200, 200])
    const { scope } = await page.evaluate(async () => ({
      scope: (await navigator.serviceWorker.ready).scope,
    }))
    expect(scope).toBe(url)
    await page.reload()
    await page.locator('.hero .status .engine').waitFor()
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true)
    await page.getByRole('link', { name: 'Workshop' }).click()
    await page.waitForSelector('#panel-write .status[data-count="1"]')
    await page.locator('.engine-note', { hasText: /\d+ cores/ }).waitFor()
    await page.locator('#panel-write .token:not(.given)').nth(4).click()
    await page.locator('.alternatives li button').nth(2).click()
    await page.waitForSelector('#panel-write .status[data-count="2"]')
    const [story, link] = [await storyOf(page), page.url()]
    expect(link.startsWith(`${url}#write?`)).toBe(true)

    await page.context().setOffline(true)
    const other = await page.context().newPage()
    await other.goto(link)
    await other.waitForSelector('#panel-write .status[data-count="2"]')
    expect(await storyOf(other)).toBe(story)
    expect(await other.evaluate(() => crossOriginIsolated)).toBe(true)
  })
})
