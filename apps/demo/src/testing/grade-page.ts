import { readFile } from 'node:fs/promises'
import type { Locator, Page } from './demo-browser.ts'
import { sees } from './wait-until.ts'

/** The Grade panel, as a visitor works with it. */
export class GradePage {
  readonly page: Page

  constructor(page: Page) {
    this.page = page
  }

  locator(selector: string, text?: string | RegExp): Locator {
    return this.page.locator(`#panel-grade ${selector}`, text === undefined ? {} : { hasText: text })
  }

  button(name: string | RegExp): Locator {
    return this.page.locator('#panel-grade').getByRole('button', { name })
  }

  /** Waits for a problem with this text. */
  problem(text: RegExp): Promise<void> {
    return sees(this.page, this.locator('[role=alert]'), text)
  }

  async write(prompts: readonly string[]): Promise<void> {
    await this.page.fill('#grade-prompts', prompts.join('\n'))
    await this.button(/Write (new )?completions/).click()
  }

  /** Types into a field of the judge's form. */
  async fill(id: string, value: string): Promise<void> {
    await this.page.fill(`#grade-${id}`, value)
    await this.page.locator(`#grade-${id}`).blur()
  }

  judge(): Promise<void> {
    return this.button(/Judge completions|Resume judging/).click()
  }

  async download(name: RegExp): Promise<string> {
    const [download] = await Promise.all([this.page.waitForEvent('download'), this.button(name).click()])
    return readFile(await download.path(), 'utf8')
  }

  async openReport(name: string, text: string): Promise<void> {
    const buffer = Buffer.from(text)
    await this.page.setInputFiles('#grade-report', { name, mimeType: 'application/json', buffer })
  }
}
