import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { launchChromium, serveFolder, skipWithoutChromium } from '@tinystories/testing/browser'
import { expect, test } from 'vitest'
import { withContentPolicy } from './content-policy.mjs'

const mark = text =>
  `document.documentElement.dataset.marks = (document.documentElement.dataset.marks ?? '') + '${text}'`

test.skipIf(skipWithoutChromium())(
  'runs the scripts of the page and none that is put into it',
  async ({ onTestFinished }) => {
    const folder = await mkdtemp(join(tmpdir(), 'docs-policy-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const page = withContentPolicy(
      `<!DOCTYPE html><html><head><script src="own.js"></script></head><body><script>${mark('inline ')}</script></body></html>`,
    )
    await writeFile(join(folder, 'own.js'), mark('file '))
    await writeFile(
      join(folder, 'index.html'),
      page.replace(
        '</body>',
        `<script>${mark('injected')}</script><img src="data:," onerror="${mark('handler')}"><script src="data:,${mark('data')}"></script></body>`,
      ),
    )
    const served = await serveFolder(folder)
    onTestFinished(() => served.close())
    const browser = await launchChromium()
    onTestFinished(() => browser.close())
    const opened = await browser.newPage()
    // Also when it is opened as a file.
    for (const address of [served.url, `file://${folder}/index.html`]) {
      await opened.goto(address)
      expect(await opened.locator('img').count()).toBe(1)
      expect(await opened.evaluate('document.documentElement.dataset.marks')).toBe('file inline ')
    }
  },
)
