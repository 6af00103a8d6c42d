import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { launchChromium, serveFolder, skipWithoutChromium } from '@tinystories/testing/browser'
import { describe, expect, inject, test } from 'vitest'

describe.skipIf(skipWithoutChromium())('what a visitor downloads', () => {
  test('is under 1.5 MB before the first story, of files named by their content', async ({
    onTestFinished,
  }) => {
    const host = await serveFolder(inject('site'), { isolated: true, compressed: true })
    onTestFinished(() => host.close())
    const browser = await launchChromium()
    onTestFinished(() => browser.close())
    // What is kept for the next visit is loaded when the story is there.
    const context = await browser.newContext({ serviceWorkers: 'block' })
    const page = await context.newPage()
    await page.goto(host.url)
    await page.waitForSelector('.hero .token:not(.given)', { timeout: 0 })
    // tfjs comes after the story, for the alternatives of its words: a fast machine may have asked for it by now.
    const sizes = [...host.sent].filter(([path]) => !path.includes('tfjs-backend')).map(([, size]) => size)
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(1.5e6)
    const names = [...host.sent.keys()].filter(path => path.startsWith('/assets/'))
    expect(names.length).toBeGreaterThan(5)
    for (const name of names) expect(name).toMatch(/-[\w-]{8}\.\w+$/)
  })

  test('has no code twice: workers load the chunks of the page', async () => {
    const assets = join(inject('site'), 'assets')
    const scripts = (await readdir(assets)).filter(name => /\.m?js$/.test(name) && !name.startsWith('ort'))
    const sizes = await Promise.all(scripts.map(async name => (await stat(join(assets, name))).size))
    // 1.6 MB; 3.2 MB when each worker was bundled alone.
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(2e6)
  })

  test('has each build of ONNX Runtime once, and as gzip', async () => {
    const assets = join(inject('site'), 'assets')
    const names = (await readdir(assets)).filter(name => name.startsWith('ort'))
    const kinds = names.map(name => name.replace(/-[\w-]{8}(\.\w+)$/, '$1')).sort()
    expect(kinds).toEqual([
      'ort-wasm-simd-threaded.asyncify.mjs',
      'ort-wasm-simd-threaded.asyncify.wasm.packed',
      'ort-wasm-simd-threaded.mjs',
      'ort-wasm-simd-threaded.wasm.packed',
      'ort.wasm.bundle.min.js',
      'ort.webgpu.bundle.min.js',
    ])
    const sizes = await Promise.all(names.map(async name => (await stat(join(assets, name))).size))
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(11e6)
  })
})
