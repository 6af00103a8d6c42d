import type { Page } from './demo-browser.ts'

/** The Train panel, as a visitor works with it. */
export class TrainPage {
  readonly page: Page

  constructor(page: Page) {
    this.page = page
  }

  start(): Promise<void> {
    return this.button(/Start (training|anew)/).click()
  }

  button(name: string | RegExp) {
    return this.page.locator('#panel-train').getByRole('button', { name })
  }

  get warning() {
    return this.page.locator('#panel-train .warning')
  }

  get problem() {
    return this.page.locator('#panel-train [role=alert]')
  }

  async step(): Promise<number> {
    return Number((await this.page.locator('.numbers dd').first().textContent())!.replaceAll(',', ''))
  }

  async reaches(step: number): Promise<void> {
    await this.page.waitForFunction(
      least => Number(document.querySelector('.numbers dd')!.textContent!.replaceAll(',', '')) >= least,
      step,
    )
  }

  /** Waits for a checkpoint. */
  async saved(): Promise<void> {
    await this.page.locator('.train-head', { hasText: 'saved at step' }).waitFor()
  }
}
