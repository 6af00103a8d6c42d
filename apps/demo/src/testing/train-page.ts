import type { Page } from './demo-browser.ts'
import { sees, waitUntil } from './wait-until.ts'

/** What TensorFlow.js keeps in the global scope. */
interface TensorCount {
  state: { numTensors: number }
}

/** As much text as a run needs, of stories so short that a step takes a fraction of the time. */
const shortStories = Array.from(
  { length: 300 },
  (_, i) =>
    `The ${['cat', 'dog', 'bird'][i % 3]} had ${i} red balls. It gave ${i % 7} of them to a friend. They were all happy.`,
).join('\n\n')

/** The Train panel, as a visitor works with it. */
export class TrainPage {
  readonly page: Page

  constructor(page: Page) {
    this.page = page
  }

  start(): Promise<void> {
    return this.button(/Start (training|a new run)/).click()
  }

  /** Starts where the text does not matter. */
  async startOnShortStories(): Promise<void> {
    const name = 'short-stories.txt'
    const buffer = Buffer.from(shortStories)
    await this.page.setInputFiles('#train-file', { name, mimeType: 'text/plain', buffer })
    await this.page.getByText(name, { exact: true }).waitFor()
    await this.start()
  }

  button(name: string | RegExp) {
    return this.page.locator('#panel-train').getByRole('button', { name })
  }

  /** Waits for a warning with this text. */
  warns(text: RegExp): Promise<void> {
    return sees(this.page, this.page.locator('#panel-train .warning'), text)
  }

  get problem() {
    return this.page.locator('#panel-train [role=alert]')
  }

  async step(): Promise<number> {
    return Number((await this.page.locator('.numbers dd').first().innerText()).replaceAll(',', ''))
  }

  /** @returns the step then */
  reaches(step: number): Promise<number> {
    return waitUntil(
      this.page,
      `training reaches step ${step}`,
      () => this.step(),
      reached => reached >= step,
    )
  }

  /** How many tensors the worker holds between steps: the fewest that it is seen with. */
  async tensors(): Promise<number> {
    const worker = this.page.workers().find(each => each.url().includes('train-worker'))!
    const counts: number[] = []
    for (let i = 0; i < 12; i++) {
      counts.push(
        await worker.evaluate(
          () => (globalThis as unknown as { _tfengine: TensorCount })._tfengine.state.numTensors,
        ),
      )
      await this.page.waitForTimeout(40)
    }
    return Math.min(...counts)
  }

  /** Waits for a checkpoint. When it does not come, the error says what the panel shows instead. */
  async saved(): Promise<void> {
    await waitUntil(
      this.page,
      'a checkpoint is saved',
      () => this.page.locator('.train-head, .numbers, [role=alert], .warning').allInnerTexts(),
      texts => texts.some(text => text.includes('saved at step')),
    )
  }
}
