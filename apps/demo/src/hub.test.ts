import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { skipWithoutChromium } from '@tinystories/testing/browser'
import { type HubServer, startHubServer } from '@tinystories/testing/hub'
import { describe, expect } from 'vitest'
import { type Page, storyOf } from './testing/demo-browser.ts'
import { createDemoTest } from './testing/demo-test.ts'
import { sees } from './testing/wait-until.ts'

const models = fileURLToPath(new URL('../models/', import.meta.url))
const NAME = 'owner/tiny-stories'

const it = createDemoTest()
  .extend('hub', async ({}, { onCleanup }): Promise<HubServer> => {
    const files = {
      'config.json': await readFile(`${models}tiny/config.json`),
      'model.safetensors': await readFile(`${models}tiny/model.safetensors`),
      'tokenizer.json': await readFile(`${models}tokenizer.json`),
      'README.md': '# A model',
    }
    const hub = await startHubServer({
      [NAME]: { files, revisions: ['refs/pr/1'] },
      'owner/folders': {
        files: Object.fromEntries(Object.entries(files).map(([name, file]) => [`runs/v1.0/${name}`, file])),
      },
      'owner/no-model': { files: { 'README.md': '# Nothing' } },
    })
    onCleanup(() => hub.close())
    return hub
  })
  // The page asks the real hub; the browser sends its requests to the local one.
  .extend('page', async ({ open, hub }): Promise<Page> => {
    const page = await open({
      prepare: page =>
        page.context().route('https://huggingface.co/**', async route => {
          const request = route.request()
          const url = request.url().replace('https://huggingface.co', hub.endpoint)
          const answer = await fetch(url, { method: request.method(), redirect: 'follow' })
          const headers = {
            ...Object.fromEntries(answer.headers),
            link: (answer.headers.get('link') ?? '').replaceAll(hub.endpoint, 'https://huggingface.co'),
            'access-control-allow-origin': '*',
            'access-control-expose-headers': '*',
          }
          await route.fulfill({
            status: answer.status,
            headers,
            body: Buffer.from(await answer.arrayBuffer()),
          })
        }),
    })
    await storyOf(page)
    await page.locator('#panel-write').getByText('Use another model').click()
    return page
  })

async function openFromHub(page: Page, address: string): Promise<void> {
  await page.fill('#write-hub', address)
  await page.getByRole('button', { name: 'Open', exact: true }).click()
}

describe.skipIf(skipWithoutChromium())('models of the hub', () => {
  it('open by name, revision and address', async ({ page, hub }) => {
    for (const address of [
      NAME,
      `${NAME}@refs/pr/1`,
      `https://huggingface.co/${NAME}`,
      `huggingface.co/${NAME}`,
      'https://huggingface.co/owner/folders/tree/main/runs/v1.0',
      'https://huggingface.co/owner/folders/blob/main/runs/v1.0/model.safetensors',
      `https://huggingface.co/${NAME}/tree/refs%2Fpr%2F1`,
      `https://huggingface.co/${NAME}/blob/main/model.safetensors`,
    ]) {
      hub.requests.length = 0
      await openFromHub(page, address)
      const choice = page.locator('#panel-write .model-choice', {
        has: page.getByText(address, { exact: true }),
      })
      await choice.locator('input:checked').waitFor()
      await page.locator('#panel-write .status .engine').waitFor()
      expect(await storyOf(page), address).toMatch(/^Once upon a time/)
      expect(
        hub.requests.some(({ path }) => path.includes('model.safetensors')),
        address,
      ).toBe(true)
    }
  })

  it('warn where they do not say which tokenizer they were trained with', async ({ page }) => {
    const warning = page.locator('#panel-write .model-choices ~ .warning')
    expect(await warning.count()).toBe(0)
    await openFromHub(page, NAME)
    await sees(page, warning, /^owner\/tiny-stories does not say which tokenizer it was trained with/)
    // That of the models that come with the page is known.
    await page.locator('#panel-write input[value=tiny]').click()
    await warning.waitFor({ state: 'detached' })
  })

  it('say what is wrong when they are not there, or hold no model', async ({ page }) => {
    await openFromHub(page, 'owner/absent')
    await sees(page, page.locator('#panel-write [role=alert]'), /no such model on the hub, or it is private/)
    await openFromHub(page, `${NAME}@absent`)
    await sees(page, page.locator('#panel-write [role=alert]'), /has no revision absent/)
    await openFromHub(page, 'owner/no-model')
    await sees(page, page.locator('#panel-write [role=alert]'), /has no file model\.safetensors.*README\.md/)
  })
})
